/** The settings of notifications from a configuration: MOs become the numbers of the MO indexes. */
import type { NotificationAccount } from '../../bridge/options.ts';
import type { Config } from '../../config/config.ts';
import { secretBytes } from '../../device/credentials.ts';
import { ConfigError } from '../../errors.ts';
import { indexOfMo, type MoIndexes } from '../../mapping/mo-indexes.ts';
import type { NotificationSettings } from '../../notification/settings.ts';

/** @throws ConfigError ERR_CONFIG_INVALID with every MOID that has no index */
export function notificationSettings(config: Config, indexes: MoIndexes): NotificationSettings {
  const { notifications, north, file } = config;
  const problems: string[] = [];
  const numbers = (key: 'requestedMos' | 'targetedMos') =>
    notifications[key].flatMap((mo) => {
      const index = indexOfMo(indexes, mo);
      if (index === undefined) problems.push(`${file}: notifications.${key}: mo-indexes.yaml has no index for "${mo}"`);
      return index ?? [];
    });
  const settings: NotificationSettings = {
    format: notifications.format,
    serverId: notifications.serverId,
    uiMode: notifications.uiMode,
    transport: notifications.transport,
    requestedMos: numbers('requestedMos'),
    targetedMos: numbers('targetedMos'),
    connectReason: notifications.connectReason,
    vendorInfo: notifications.vendorInfo,
    validFor: notifications.validFor,
    repeatAfter: notifications.repeatAfter,
    version12: notifications.version12,
    joinedDigest13: notifications.joinedDigest13,
    maxAge: north.notificationMaxAge,
    ways: notifications.deliver.map(({ name, type }) => ({ name, type })),
  };
  if (problems.length > 0) throw new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'), { problems });
  return settings;
}

/** The secrets by which a Package#0 is known to come from the backend of an account. */
export function notificationAccounts({ accounts }: Config): Readonly<Record<string, NotificationAccount>> {
  const bytes = (secret: string | undefined) => (secret === undefined ? undefined : secretBytes(secret));
  return Object.fromEntries(
    Object.values(accounts).map(({ name, notificationSecret, notificationData, requireDigest }) => [
      name,
      { secret: bytes(notificationSecret), data: bytes(notificationData), requireDigest },
    ]),
  );
}
