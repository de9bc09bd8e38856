/** The outbox as operators see and change it. */
import { parseDevId } from '../device/dev-id.ts';
import type { ActiveDevices } from './active-devices.ts';
import type { BridgeOptions } from './options.ts';
import { withPutBack } from './outbox.ts';
import type { ListedAlert, Store } from './ports.ts';
import { alertRoom } from './south-effects.ts';

/** Names one alert among those of all devices. */
export interface AlertName {
  /** Of the device, in any case. */
  readonly devId: string;
  readonly seq: number;
}

export interface RefusedQuery {
  /** Absent: those of all devices. */
  readonly devId?: string | undefined;
  /** The last alert of the page before; absent: from the beginning. */
  readonly after?: AlertName | undefined;
  readonly limit: number;
}

/** The alerts that backends have refused for good, device by device, those of one device oldest first. */
export async function refusedAlerts(
  store: Store,
  { devId, after, limit }: RefusedQuery,
): Promise<readonly ListedAlert[]> {
  const last = after === undefined ? undefined : { ...after, devId: parseDevId(after.devId) };
  if (devId === undefined) return await store.listRefused({ after: last, limit });
  const from = after === undefined ? 0 : after.seq + 1;
  const loaded = await store.load(parseDevId(devId), { outbox: { state: 'refused', from, limit } });
  if (loaded === undefined) return [];
  const { record } = loaded.state;
  return loaded.outbox.map((item) => ({ devId: record.devId, item }));
}

/** `full`: the outbox of the device has no room. */
export type PutBackResult = 'done' | 'unknown' | 'full';

/** Puts a refused alert back, so that the next Package#1 of its device carries it. */
export async function putAlertBack(
  options: BridgeOptions,
  devices: ActiveDevices,
  { devId, seq }: AlertName,
): Promise<PutBackResult> {
  return await devices.inTurn(parseDevId(devId), async (cell) => {
    const [item] = cell === undefined ? [] : await cell.refusedAlerts(seq, 1);
    if (cell === undefined || item?.seq !== seq) return 'unknown';
    if (alertRoom(options, cell) === 0) return 'full';
    cell.outbox = withPutBack(cell.outbox, item);
    await cell.commit();
    options.journal.log('alert.put_back', { device: cell.record.devId, seq, type: item.item.meta?.type });
    return 'done';
  });
}
