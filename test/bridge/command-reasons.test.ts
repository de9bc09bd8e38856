/** The log of a failed command, and the end of sessions whose Package#2 cannot be used, through the whole bridge. */
import { describe, expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { type Answer, note, packageOne, status, syncml } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  noCommands,
  notesIn,
  replied,
  SRV_URI,
  tokenOf,
} from './bridge-under-test.ts';

const NAME = 'urn:oma:mo:oma-dm-devdetail:1.0//FwV';
const ORIGIN = new URL(SRV_URI).origin;

const logged = (bridge: BridgeUnderTest, id: string) =>
  bridge.logs.map((line) => JSON.parse(line)).filter((line) => line.event === id);

test('the log names the device, the status of the Data Repository and the origin, but not the URL', async () => {
  const url = `${ORIGIN}/doc?signature=hidden`;
  const bridge = await BridgeUnderTest.open({
    reasons: true,
    script: ({ purpose, headers }) => {
      if (purpose === 'repository') return replied('denied', 403);
      return headers['content-type']?.includes('initiation') ? commands(['HGET', url, NAME]) : noCommands();
    },
  });
  await bridge.say(packageOne(BRUCE));
  const reason = 'the repository answered 403';
  const facts = { command: 'HGET', index: 0, status: 419, reason, origin: ORIGIN };
  expect(logged(bridge, 'command.failed')).toMatchObject([{ level: 'info', device: BRUCE.devId, ...facts }]);
  expect(bridge.packages().at(-1)?.Status).toEqual([{ sc: 419, reason }]);
  expect(bridge.logs.join()).not.toContain('hidden');
});

describe('a device that does not execute a command', () => {
  /** Answers the one Get of the bridge's message, again and again. */
  async function reasonOf(statuses: (answer: Answer, get: string) => readonly string[]) {
    const bridge = await BridgeUnderTest.open({
      devices: [{ ...BRUCE, server: { user: 'legacy-dm', password: 's3rver' } }],
      script: ({ headers }) =>
        headers['content-type']?.includes('initiation') === true ? commands(['GET', NAME]) : noCommands(),
    });
    let answer = await bridge.say(packageOne(BRUCE));
    for (let msgId = 2; msgId < 9 && logged(bridge, 'command.failed').length === 0; msgId += 1) {
      const get = answer.commands.find(({ name }) => name === 'Get')?.cmdId ?? '';
      answer = await bridge.say(syncml({ msgId }, statuses(answer, get)), { token: tokenOf(answer) });
    }
    return logged(bridge, 'command.failed').map(({ status: code, reason }) => [code, reason]);
  }
  const of = ({ msgId }: Answer, cmdRef: string | number, cmd: string) => ({ msgRef: msgId, cmdRef, cmd });

  test('has the reason that it sent no value, when it answered 200 without Results', async () => {
    const reasons = await reasonOf((answer, get) => [
      status(1, of(answer, 0, 'SyncHdr'), 200),
      status(2, of(answer, get, 'Get'), 200),
    ]);
    expect(reasons).toEqual([[500, 'the device sent no value for Get ./DevDetail/FwV']]);
  });

  test('has the reason that it sent no value, when it answered nothing', async () => {
    const reasons = await reasonOf((answer) => [status(1, of(answer, 0, 'SyncHdr'), 200)]);
    expect(reasons).toEqual([[500, 'the device sent no value for Get ./DevDetail/FwV']]);
  });

  test.each([0, 401, 407])(
    'has the reason that it takes no credentials, when it answers %i each time',
    async (code) => {
      const reasons = await reasonOf((answer, get) => [
        status(1, of(answer, 0, 'SyncHdr'), code),
        status(2, of(answer, get, 'Get'), code),
      ]);
      expect(reasons).toEqual([[500, 'the device does not accept the credentials of the bridge']]);
    },
  );
});

describe('a Package#2 that cannot be used', () => {
  async function end(reply: IncomingReply, maxCommands = 3) {
    const bridge = await BridgeUnderTest.open({ maxCommands, script: () => reply });
    const answer = await bridge.say(packageOne(BRUCE, {}, [note(2, 'x')]));
    return { bridge, answer, reasons: logged(bridge, 'north.ended').map(({ reason }) => reason) };
  }

  test('a session with more commands than the limit ends, and none of them runs', async () => {
    const four = Array.from({ length: 4 }, () => ['GET', NAME]);
    const { answer, reasons } = await end(commands(...four));
    expect(reasons).toEqual(['4 commands in Package#2, more than 3']);
    expect(answer.commands).toEqual([]);
    expect((await end(commands(...four), 4)).answer.commands).not.toEqual([]);
  });

  test.each<[string, IncomingReply, string, boolean]>([
    [
      'an unknown coding',
      { failure: 'coding', reason: 'unknown content coding "zstd"', answered: 200 },
      'backend coding: unknown content coding "zstd"',
      true,
    ],
    [
      'a body over the limit',
      { failure: 'tooLarge', reason: 'the response has more than 9 bytes', answered: 202 },
      'backend tooLarge: the response has more than 9 bytes',
      true,
    ],
    ['a time-out', { failure: 'timeout', reason: 'slow' }, 'backend timeout: slow', false],
    [
      'a redirect to another origin',
      replied('', 307, { location: 'https://elsewhere.example/dm?key=hidden' }),
      'backend answered 307, a redirect to https://elsewhere.example',
      false,
    ],
    [
      'a redirect that is not followed',
      replied('', 302, { location: '/moved' }),
      `backend answered 302, a redirect to ${ORIGIN}`,
      false,
    ],
    ['a redirect to nowhere', replied('', 307), 'backend answered 307', false],
  ])('%s ends the session with its reason; a 2xx has taken the alerts', async (_name, reply, reason, isTaken) => {
    const { bridge, answer, reasons } = await end(reply);
    expect(reasons).toEqual([reason]);
    expect(answer.final).toBe(true);
    expect(notesIn(bridge.packages()[0])).toHaveLength(1);
    expect((await bridge.state()).outbox).toHaveLength(isTaken ? 0 : 1);
  });
});
