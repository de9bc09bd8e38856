/**
 * Management Authorities: the MAID of the DAC MO ↔ server identifiers in the ACLs of devices.
 *
 * In an ACL the bridge's own identifier is the account that the device is routed to; every other identifier is a server of
 * that name. An identifier that equals the account's SrvID but is another server there has no MAID: it is neither shown nor
 * changed.
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

/** A parsed MAID. */
export type Maid =
  | { readonly kind: 'all' }
  | { readonly kind: 'server'; readonly serverId: string }
  | { readonly kind: 'application' };

/**
 * Reads a MAID: `*`, or `serverid:` or `appid:` with an identifier.
 * @throws MappingError ERR_MO_DATA_SHAPE for anything else
 */
export function parseMaid(text: string): Maid {
  if (text === '*') return { kind: 'all' };
  if (text.startsWith(SERVER) && text.length > SERVER.length) {
    return { kind: 'server', serverId: text.slice(SERVER.length) };
  }
  if (text.startsWith(APPLICATION) && text.length > APPLICATION.length) return { kind: 'application' };
  throw new MappingError('ERR_MO_DATA_SHAPE', `not a MAID: "${text}"`);
}

/** The MAID of an authority in an ACL; undefined for a server that no MAID can name. */
export function maidOf(context: TranslationContext, authority: Authority): string | undefined {
  if (authority === '*') return '*';
  if (authority === context.dm1ServerId) return ownMaid(context);
  return authority === context.account.serverId ? undefined : `${SERVER}${authority}`;
}

/** The MAID of the backend itself. */
export function ownMaid({ account }: TranslationContext): string {
  return `${SERVER}${account.serverId}`;
}

/** The authority of a MAID in the ACLs of the device; undefined for one that no ACL can name. */
export function authorityOf({ account, dm1ServerId }: TranslationContext, maid: Maid): Authority | undefined {
  if (maid.kind === 'all') return '*';
  if (maid.kind === 'application') return undefined;
  const isOwn = maid.serverId === account.serverId;
  // On the device this is the identifier of the bridge, and so of another account.
  if (!isOwn && maid.serverId === dm1ServerId) return undefined;
  try {
    return parseServerIdentifier(isOwn ? dm1ServerId : maid.serverId);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The backend's own authority on the device. A backend that no ACL can name has the rights that all servers have. */
export function ownAuthority(context: TranslationContext): Authority {
  return authorityOf(context, { kind: 'server', serverId: context.account.serverId }) ?? '*';
}

/** True when rights to instances of the MO may be given to the authority: `*`, or an account that provides the MOID (DM-2.0 §12.3). */
export function isGrantable(context: TranslationContext, maid: Maid, mapping: MoMapping): boolean {
  if (maid.kind !== 'server') return maid.kind === 'all';
  return context.accounts.some(
    (account) => account.serverId === maid.serverId && providesMoid(context.index, account, mapping),
  );
}
