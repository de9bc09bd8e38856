/** EXECs whose end a device has still to report: their number is bounded (DM-2.0 §5.3.5). */
import { describe, expect, test } from 'vitest';
import { event, packageOne, reply, syncml, textAt } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, commands, LEAVES, noCommands, tokenOf, UPDATE } from './bridge-under-test.ts';

const REPORTS = 'http://backend.example.com/reports';
const MONTH = 30 * 24 * 3_600_000;

/** A session in which the backend sends so many EXECs; returns their Correlators, in order. */
async function execute(bridge: BridgeUnderTest, sessionId: string, count: number): Promise<readonly string[]> {
  const execs = Array.from({ length: count }, () => ['EXEC', UPDATE, REPORTS]);
  const sent = bridge.requests.length;
  bridge.script = (_, number) => (number === sent + 1 ? commands(...execs) : noCommands());
  const correlators: string[] = [];
  let answer = await bridge.say(packageOne(BRUCE, { sessionId }));
  const token = tokenOf(answer);
  for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
    for (const { name, node } of answer.commands)
      if (name === 'Exec') correlators.push(textAt(node, 'Correlator') ?? '');
    const begun = reply(answer, LEAVES).map((text) =>
      text.replace('<Cmd>Exec</Cmd><Data>200<', '<Cmd>Exec</Cmd><Data>202<'),
    );
    answer = await bridge.say(syncml({ sessionId, msgId }, begun), { token });
  }
  await bridge.drained();
  return correlators;
}

const forgotten = (bridge: BridgeUnderTest) =>
  bridge.logs.map((line) => JSON.parse(line)).filter(({ event: id }) => id === 'exec.forgotten');

async function stored(bridge: BridgeUnderTest): Promise<readonly string[]> {
  return (await bridge.state()).record.pendingExecs.map(({ correlator }) => correlator);
}

describe('the EXECs of a device whose end is awaited', () => {
  test('are the last 200, and the log names those that it forgets', async () => {
    const bridge = await BridgeUnderTest.open();
    const before = await execute(bridge, '1', 150);
    expect([await stored(bridge), forgotten(bridge)]).toEqual([before, []]);
    const after = await execute(bridge, '2', 53);
    expect(await stored(bridge)).toEqual([...before, ...after].slice(3));
    expect(forgotten(bridge)).toEqual(
      Array(3).fill(expect.objectContaining({ device: BRUCE.devId, clientUri: UPDATE, isExpired: false })),
    );
  });

  test('go after 30 days, when another one comes', async () => {
    const bridge = await BridgeUnderTest.open();
    await execute(bridge, '1', 2);
    await bridge.clock.advance(MONTH);
    const after = await execute(bridge, '2', 1);
    expect(await stored(bridge)).toEqual(after);
    expect(forgotten(bridge).map(({ isExpired }) => isExpired)).toEqual([true, true]);
  });

  test.each([
    ['goes to its ServerURI within 30 days', MONTH - 1, 1],
    ['goes to the backend like any alert after 30 days', MONTH, 0],
  ])('a report %s', async (_, ms, reports) => {
    const bridge = await BridgeUnderTest.open();
    const [correlator] = await execute(bridge, '1', 1);
    await bridge.background();
    await bridge.drained();
    const before = bridge.requests.filter(({ url }) => url === REPORTS).length;
    await bridge.clock.advance(ms);
    const done = event(3, [{ type: 'x.done', format: 'int', data: '200' }], { correlator });
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [done]));
    await bridge.background();
    await bridge.drained();
    expect(bridge.requests.filter(({ url }) => url === REPORTS).length - before).toBe(reports);
  });
});
