/**
 * Authentication of the device and of its server within one session.
 *
 * @see DM-1.3 §9
 */
import { STATUS } from '../../syncml/status-codes.ts';
import { basicCred, CRED_TYPES, challengedType, checkServerCred, md5Cred } from './credentials.ts';
import type { SimulatedDevice } from './device.ts';
import type { WireCommand, WireCred, WireHeader, WireMeta } from './message.ts';
import type { CredentialType } from './profile.ts';

/** The device gives up at this number of refusals in sequence. */
const MAX_REFUSALS = 3;

export class SessionSecurity {
  private readonly device: SimulatedDevice;
  private readonly randomBytes: (count: number) => Uint8Array;
  private type: CredentialType;
  private nonce: string;
  /** True when the next message needs credentials. */
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

  /** The Cred of the next message; undefined when it needs none. */
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
      // Only a server that accepted the credentials may set the nonce of the next session (DM-1.3 §9.1).
      this.device.clientNonce = next;
    }
    if (status.data === String(STATUS.authenticationAccepted)) this.wanted = this.device.profile.credAlways;
  }

  /** The server refused the device. Returns the reason when the device gives up. */
  refused(chal: WireMeta | undefined): string | undefined {
    this.refusals += 1;
    if (this.refusals >= MAX_REFUSALS) return 'the server refuses the credentials';
    const type = challengedType(chal);
    if (type === undefined) return `the server demands credentials of the type "${chal?.type ?? ''}"`;
    if (this.device.profile.auth === 'none') return 'the device has no credentials';
    this.type = type;
    this.nonce = chal?.nextNonce ?? '';
    this.wanted = true;
    return undefined;
  }

  /** Checks the server's credentials. Returns the Status for SyncHdr, with a Chal where it needs one. */
  checkServer(header: WireHeader): { readonly code: number; readonly chal: WireMeta | undefined } {
    const { serverAuth } = this.device.profile;
    const account = this.device.serverAccount;
    if (serverAuth === 'none' || account === undefined || this.serverAccepted) {
      return { code: STATUS.ok, chal: undefined };
    }
    const refusal = checkServerCred(header, serverAuth, account, Buffer.from(this.device.serverNonce, 'base64'));
    const nonce = Buffer.from(this.randomBytes(16)).toString('base64');
    const code = refusal ?? STATUS.authenticationAccepted;
    this.serverAccepted = refusal === undefined;
    if (serverAuth === 'basic')
      return { code, chal: refusal === undefined ? undefined : challenge('basic', undefined) };
    this.device.serverNonce = nonce;
    return { code, chal: challenge('md5', nonce) };
  }
}

function challenge(type: Exclude<CredentialType, 'none'>, nextNonce: string | undefined): WireMeta {
  return { format: 'b64', type: CRED_TYPES[type], nextNonce };
}
