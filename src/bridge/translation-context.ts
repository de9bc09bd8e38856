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
    accounts: Object.values(options.accounts),
    dm1ServerId: south.serverId,
    allowedServerUris,
    northPublicUrl,
  };
}
