/** Accounts with published digests. */
import { credentialForms } from '../../src/dm1/digest.ts';

/** The account of the examples (DM-1.3 §9.4). */
export const BRUCE = credentialForms('Bruce2', 'OhBehave');
export const DEVICE = credentialForms('device-0042', 'c0rrect-horse');
export const DEVICE_NONCE = Buffer.from('00112233445566778899AABBCCDDEEFF', 'hex');
