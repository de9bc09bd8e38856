/** The rest of a body that is refused: how long it is read and dropped, so that its client sees the answer. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerEarly } from '../../src/http/early-answer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A request whose body is being dropped. */
function dropping() {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const done = vi.spyOn(response, 'end');
  request.headers = { 'content-length': '3000000' };
  answerEarly(request, response, { status: 413, headers: {}, body: Buffer.from('too long') });
  return {
    done,
    async sends(bytes: number) {
      request.push(Buffer.alloc(bytes));
      await settled();
    },
    async ends() {
      request.complete = true;
      request.push(null);
      await settled();
    },
  };
}

test('a slow client is read to the end of its body', async () => {
  const { done, sends, ends } = dropping();
  for (let second = 0; second < 20; second += 1) {
    await sends(30_000);
    vi.advanceTimersByTime(1_000);
  }
  expect(done).not.toHaveBeenCalled();
  await ends();
  expect(done).toHaveBeenCalledTimes(1);
});

test('a client that sends nothing for 2 s is awaited no longer', async () => {
  const { done, sends } = dropping();
  vi.advanceTimersByTime(1_999);
  await sends(1);
  vi.advanceTimersByTime(1_999);
  expect(done).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(done).toHaveBeenCalledTimes(1);
});

test('a client that goes on sending is awaited for 30 s', async () => {
  const { done, sends } = dropping();
  for (let second = 0; second < 29; second += 1) {
    await sends(1);
    vi.advanceTimersByTime(1_000);
  }
  expect(done).not.toHaveBeenCalled();
  await sends(1);
  vi.advanceTimersByTime(1_000);
  expect(done).toHaveBeenCalledTimes(1);
});

test('1 MiB is dropped, and no byte more', async () => {
  const { done, sends } = dropping();
  await sends(1024 * 1024);
  expect(done).not.toHaveBeenCalled();
  await sends(1);
  expect(done).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  expect(done).toHaveBeenCalledTimes(1);
});
