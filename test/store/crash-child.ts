/** A process that uses the store and dies: `idle` after its commits, `inGroup` in the middle of a transaction. */

import { type DevId, parseDevId } from '../../src/device/dev-id.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { cacheRow, deviceRecord, dmSession, outboxItem, storedAnswer } from './values.ts';

const [file = '', mode] = process.argv.slice(2);
const store = openSqliteStore({ file });
const names = Array.from({ length: 20 }, (_, index) => parseDevId(`IMEI:${index}`));
await Promise.all(names.map((devId) => store.upsert(devId, () => deviceRecord(devId))));
const commit = (devId: DevId, msgId: number) =>
  store.commit(devId, msgId, {
    session: dmSession(devId),
    answer: storedAnswer({ msgId }),
    outboxAdded: [outboxItem(msgId)],
    cacheWritten: [cacheRow('tree', String(msgId))],
  });
await Promise.all(names.map((devId) => commit(devId, 1)));
process.stdout.write('committed\n');

if (mode === 'inGroup') {
  const acknowledge = () => process.stdout.write('acknowledged\n');
  for (const devId of names.slice(0, 10)) commit(devId, 2).then(acknowledge);
  // Runs inside the transaction of the group, after the first ten were written.
  void store.upsert(parseDevId('IMEI:0'), () => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('unreachable');
  });
}
setInterval(() => undefined, 1000);
