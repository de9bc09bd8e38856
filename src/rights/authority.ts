/**
 * Management Authorities: MAID of the DAC MO ↔ server identifiers in the ACLs of devices.
 *
 * On the device the bridge stands for the account that it is routed to; every other identifier stands as it is. An
 * identifier that looks like that account's SrvID and is another server there has no MAID: it is not shown and not changed.
 *
 * @see OMA-TS-DM_Protocol 2.0 §12.3 (MAID), §10
 */
import { parseServerIdentifier } from '../dm1/acl.ts';
import { DecodeError, MappingError } from '../errors.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { Authority } from '../translate/access-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { providesMoid } from '../tree/address.ts';

const SERVER = 'serverid:';
const APPLICATION = 'appid:';

/** A MAID as the backend wrote it. */
export type Maid =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'server'; readonly serverId: string }
  | { readonly kind: 'application' };

/**
 * Reads a MAID: `*`, `serverid:` or `appid:` with an identifier.
 * @throws MappingError ERR_MO_DATA_SHAPE for anything else
 */
export function parseMaid(text: string): Maid {
  if (text === '*') return { kind: 'everybody' };
  if (text.startsWith(SERVER) && text.length > SERVER.length)
    return { kind: 'server', serverId: text.slice(SERVER.length) };
  if (text.startsWith(APPLICATION) && text.length > APPLICATION.length) return { kind: 'application' };
  throw new MappingError('ERR_MO_DATA_SHAPE', `not a MAID: "${text}"`);
}

/** The MAID of who stands in an ACL; undefined for a server that none can name. */
export function maidOf({ account, dm1ServerId }: TranslationContext, authority: Authority): string | undefined {
  if (authority === '*') return '*';
  if (authority === dm1ServerId) return `${SERVER}${account.serverId}`;
  return authority === account.serverId ? undefined : `${SERVER}${authority}`;
}

/** Who that is in the ACLs of the device; undefined for those that no ACL can name. */
export function authorityOf({ account, dm1ServerId }: TranslationContext, maid: Maid): Authority | undefined {
  if (maid.kind === 'everybody') return '*';
  if (maid.kind === 'application') return undefined;
  const isOwn = maid.serverId === account.serverId;
  // On the device that is the name of the bridge, and so of another account.
  if (!isOwn && maid.serverId === dm1ServerId) return undefined;
  try {
    return parseServerIdentifier(isOwn ? dm1ServerId : maid.serverId);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The backend's own name in the ACLs of the device; where no ACL can name it, it has what everybody has. */
export function ownAuthority(context: TranslationContext): Authority {
  return authorityOf(context, { kind: 'server', serverId: context.account.serverId }) ?? '*';
}

/** Whether rights to instances of the MO may be given to it: only to everybody, or to an account that provides the MOID (DM-2.0 §12.3). */
export function mayBeGiven(context: TranslationContext, maid: Maid, mapping: MoMapping): boolean {
  if (maid.kind !== 'server') return maid.kind === 'everybody';
  return context.accounts.some(
    (account) => account.serverId === maid.serverId && providesMoid(context.index, account, mapping),
  );
}
