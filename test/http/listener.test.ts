/** A listener keeps nothing of a request that has ended. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { openListener } from '../../src/http/listener.ts';
import { RawConnection } from '../support/raw-http.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

test('a response that has ended is not kept, although its connection goes on', async () => {
  const responses: WeakRef<object>[] = [];
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, (_request, response) => {
    responses.push(new WeakRef(response));
    response.end('x');
  });
  const connection = new RawConnection(Number(new URL(listener.url).port));
  for (let count = 0; count < 3; count += 1) await connection.request('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  // Node may keep the last one.
  const [first, second] = responses;
  for (let collections = 0; collections < 100; collections += 1) {
    if (first?.deref() === undefined && second?.deref() === undefined) break;
    await nextTurn();
    collect();
  }
  expect([first?.deref(), second?.deref()]).toEqual([undefined, undefined]);
  expect(connection.isClosed).toBe(false);
  connection.destroy();
  await listener.close(0);
});
