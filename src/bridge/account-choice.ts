/** Gives a session its account as soon as DevInfo is known; a session never changes it (design: routing). */
import { DEV_INFO_ROOT, devInfoTree } from '../translate/device-info.ts';
import { rememberTree } from '../translate/tree-knowledge.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import { routeOf } from './routes.ts';

/** Does nothing while Package#1 runs, and after the first time. */
export function chooseAccount(options: BridgeOptions, cell: DeviceCell): void {
  const { session, record } = cell;
  if (session === undefined || session.account !== '' || session.south.phase === 'initializing') return;
  if (session.north.phase !== 'waiting') return;
  const { manufacturer, model } = record.values;
  const id = routeOf(options.routes, { devId: record.devId, manufacturer, model, firmware: record.values.firmware });
  const account = id === undefined ? undefined : options.accounts[id];
  if (id === undefined || account === undefined) {
    options.journal.log('warn', 'no route', { device: record.devId, session: session.id });
    cell.session = { ...session, north: { ...session.north, phase: 'ended', endReason: 'no route' } };
    return;
  }
  // Package#1 has brought all of DevInfo: it is not asked for again in this session.
  const known = record.devInfo;
  const knowledge =
    known === undefined
      ? session.north.knowledge
      : rememberTree(session.north.knowledge, DEV_INFO_ROOT, devInfoTree(known));
  cell.session = { ...session, account: id, north: { ...session.north, url: account.url, knowledge } };
}
