/**
 * Authentication within one session, both ways.
 *
 * @see DM-1.3 §9
 */
import { basicCred, CRED_TYPES, challengedType, checkServerCred, md5Cred } from './credentials.ts';
import type { SimulatedDevice } from './device.ts';
import type { WireCommand, WireCred, WireHeader, WireMeta } from './message.ts';
import type { CredentialType } from './profile.ts';

/** After that many refusals the device gives up. */
const MAX_REFUSALS = 3;

export class SessionSecurity {
  private readonly device: SimulatedDevice;
  private readonly randomBytes: (count: number) => Uint8Array;
  private type: CredentialType;
  private nonce: string;
  private wanted: boolean;
  private refusals = 0;
  private serverAccepted = false;

  constructor(device: SimulatedDevice, randomBytes: (count: number) => Uint8Array) {
    this.device = device;
    this.randomBytes = randomBytes;
    this.type = device.profile.auth;
    this.nonce = device.clientNonce;
    this.wanted = device.profile.credFirst;
  }

  /** Cred for the next message, if it takes one. */
  cred(): WireCred | undefined {
    if (!this.wanted || this.type === 'none') return undefined;
    const { account, profile } = this.device;
    const nonce = Buffer.from(this.nonce, profile.nonceAsText ? 'utf8' : 'base64');
    return this.type === 'basic' ? basicCred(account) : md5Cred(account, nonce);
  }

  /** The server accepted the device: 212 for the session, 200 for this message only. */
  accepted(status: WireCommand): void {
    this.refusals = 0;
    const next = status.chal?.nextNonce;
    if (next !== undefined) {
      this.nonce = next;
      // Kept for the next session only now that the server has proved to know the secret's owner (DM-1.3 §9.1).
      this.device.clientNonce = next;
    }
    if (status.data === '212') this.wanted = this.device.profile.credAlways;
  }

  /** The server refused the device; returns why the device gives up, if it does. */
  refused(chal: WireMeta | undefined): string | undefined {
    this.refusals += 1;
    if (this.refusals >= MAX_REFUSALS) return 'the server refuses the credentials';
    const type = challengedType(chal);
    if (type === undefined) return `the server asks for "${chal?.type ?? 'nothing'}"`;
    if (this.device.profile.auth === 'none') return 'the device has no credentials';
    this.type = type;
    this.nonce = chal?.nextNonce ?? '';
    this.wanted = true;
    return undefined;
  }

  /** What the device thinks of the server's credentials: the code for SyncHdr, and a Chal where one is due. */
  judge(header: WireHeader): { readonly code: number; readonly chal: WireMeta | undefined } {
    const { serverAuth } = this.device.profile;
    const account = this.device.serverAccount;
    if (serverAuth === 'none' || account === undefined || this.serverAccepted) return { code: 200, chal: undefined };
    const refusal = checkServerCred(header, serverAuth, account, Buffer.from(this.device.serverNonce, 'base64'));
    const nonce = Buffer.from(this.randomBytes(16)).toString('base64');
    this.serverAccepted = refusal === undefined;
    if (serverAuth === 'basic') return { code: refusal ?? 212, chal: refusal && challenge('basic', undefined) };
    this.device.serverNonce = nonce;
    return { code: refusal ?? 212, chal: challenge('md5', nonce) };
  }
}

function challenge(type: Exclude<CredentialType, 'none'>, nextNonce: string | undefined): WireMeta {
  return { format: 'b64', type: CRED_TYPES[type], nextNonce };
}
