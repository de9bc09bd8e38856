import type { TranslationContext } from '../translate/context.ts';
import type { BridgeOptions } from './options.ts';

/** The mappings and settings for an account; undefined when the configuration does not have it any more. */
export function translationContext(options: BridgeOptions, accountId: string): TranslationContext | undefined {
  const account = options.accounts[accountId];
  if (account === undefined) return undefined;
  const { index, statusTable, allowedServerUris, northPublicUrl, south } = options;
  return {
    index,
    statusTable,
    account,
    accounts: accountsOf(options),
    dm1ServerId: south.serverId,
    allowedServerUris,
    northPublicUrl,
  };
}

/** Each step of a session asks for the list. */
const lists = new WeakMap<BridgeOptions['accounts'], TranslationContext['accounts']>();

function accountsOf({ accounts }: BridgeOptions): TranslationContext['accounts'] {
  const known = lists.get(accounts);
  if (known !== undefined) return known;
  const list = Object.values(accounts);
  lists.set(accounts, list);
  return list;
}
