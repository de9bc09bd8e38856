/** The Cred of a message, and the question whether it counts at all (DM-1.3 §9.3). */
import { type CredType, parseCredType, SHA256_TYPE } from '../dm1/cred.ts';
import type { Cred } from '../syncml/message.ts';
import type { AuthInput } from './auth-input.ts';
import type { CheckInput } from './check.ts';
import { isMacPresented } from './syncml-hmac.ts';

/** The type that Cred names, when it is one of ours. */
export function presentedCredType({ header, sha256Type }: AuthInput): CredType | undefined {
  return parseCredType(header.cred?.meta?.type, sha256Type ?? SHA256_TYPE);
}

/** The Cred, when it is of this accepted type and no MAC makes it irrelevant. */
export function credOf(check: CheckInput, type: CredType): Cred | undefined {
  if (isMacPresented(check) || presentedCredType(check) !== type || !check.schemes.includes(type)) return undefined;
  return check.header.cred;
}

/** True for a Cred of a type that is not accepted: it is wrong, whatever it contains. */
export function isCredUnaccepted(check: CheckInput): boolean {
  if (check.header.cred === undefined || isMacPresented(check)) return false;
  const type = presentedCredType(check);
  return type === undefined || !check.schemes.includes(type);
}
