/**
 * Gives a session its account as soon as DevInfo is known; a session never changes it (design: routing). The device's
 * profile, which needs DevInfo too, is looked up with it.
 */

import { DEV_INFO_ROOT, devInfoTree, devInfoValue } from '../device/dev-info.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import { withCaps } from '../dm1/size-limits.ts';
import { type DeviceProfile, profileOf } from '../mapping/device-profile.ts';
import { hasSuspects } from '../north/interruption.ts';
import { endUnrouted } from '../north/step.ts';
import { rememberTrees } from '../tree/tree-knowledge.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import { routeOf } from './routes.ts';

/** Does nothing while Package#1 runs, and after the first time. */
export function chooseAccount(options: BridgeOptions, cell: DeviceCell, userAgent?: string): void {
  const { session, record } = cell;
  if (session === undefined || session.account !== '' || session.south.phase === 'initializing') return;
  if (session.north.phase !== 'waiting') return;
  const { manufacturer, model } = record.values;
  const id = routeOf(options.routes, { devId: record.devId, manufacturer, model, firmware: record.values.firmware });
  const account = id === undefined ? undefined : options.accounts[id];
  if (id === undefined || account === undefined) {
    options.journal.log('session.without_route', { device: record.devId, session: session.id });
    cell.session = { ...session, north: endUnrouted(session.north) };
    return;
  }
  // Package#1 has brought all of DevInfo: it is not asked for again in this session.
  const known = record.devInfo;
  const knowledge =
    known === undefined
      ? session.north.knowledge
      : rememberTrees(session.north.knowledge, [{ locUri: DEV_INFO_ROOT, tree: devInfoTree(known) }]);
  const assumed = profileOf(options.profiles, {
    manufacturer,
    model,
    dmV: devInfoValue(known ?? {}, 'DmV'),
    userAgent,
  });
  cell.session = {
    ...session,
    account: id,
    south: asProfiled(session.south, cell, assumed, options.clock.now()),
    north: { ...session.north, url: account.url, knowledge, assumed },
  };
}

/** What was learnt of the device wins over its profile; its sizes hold whatever it says. */
function asProfiled(
  south: Dm1Session,
  { record: { facts } }: DeviceCell,
  profile: DeviceProfile,
  at: number,
): Dm1Session {
  const { maxMsgSize, maxObjSize } = profile;
  const caps = {
    ...(maxMsgSize === undefined ? {} : { maxMsgSize }),
    ...(maxObjSize === undefined ? {} : { maxObjSize }),
  };
  const known = facts.ordering ?? profile.ordering ?? 'sequence';
  const ordering = hasSuspects(facts, at) ? 'one-per-message' : known;
  return withCaps({ ...south, ordering }, caps);
}
