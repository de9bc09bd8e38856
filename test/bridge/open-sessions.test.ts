/** The open sessions that a process knows are bounded; the ones that were silent longest go first. */
import { expect, test } from 'vitest';
import { OpenSessions } from '../../src/bridge/open-sessions.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { dmSession } from '../store/values.ts';

const MAX_SESSIONS = 100_000;
const AT_ONCE = 1_000;

test('the sessions that were silent longest go when there are more than 100 000', () => {
  let now = 0;
  const after = () => ({ done: Promise.resolve(), cancel: () => {} });
  const sessions = new OpenSessions({ now: () => now, monotonic: () => now, after, nextTurn: async () => {} });
  const enter = (at: number) => {
    now += 1;
    sessions.enter(parseDevId(`d${at}`), dmSession(`d${at}`, { token: `t${at}` }));
  };
  for (let at = 0; at < MAX_SESSIONS; at += 1) enter(at);
  enter(0);
  expect(sessions.deviceOf('t1')).toBe('d1');
  enter(MAX_SESSIONS);
  expect(sessions.deviceOf('t1')).toBeUndefined();
  expect(sessions.isActive(parseDevId('d1'), 10 * MAX_SESSIONS)).toBe(false);
  expect(sessions.deviceOf(`t${AT_ONCE + 1}`)).toBeUndefined();
  expect(sessions.deviceOf(`t${AT_ONCE + 2}`)).toBe(`d${AT_ONCE + 2}`);
  expect(sessions.deviceOf('t0')).toBe('d0');
  expect(sessions.deviceOf(`t${MAX_SESSIONS}`)).toBe(`d${MAX_SESSIONS}`);
});
