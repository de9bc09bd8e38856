/** Faulty backends, aborting devices and killed bridges: both sides end in order (DM-2.0 §5.2, §5.3, §5.6; DM-1.3 §6.1). */
import { describe, expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { alert, event, note, packageOne, readAnswer, reply, results, status, syncml } from '../e2e/scripted-device.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  later,
  noCommands,
  notesIn,
  replied,
  SRV_URI,
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';

const inTurn =
  (...replies: readonly IncomingReply[]): BackendScript =>
  (_, count) =>
    replies[count - 1] ?? noCommands();

/** Answers every command until the session ends; returns the executed commands. */
async function play(
  bridge: BridgeUnderTest,
  sessionId = '1',
  extra: readonly string[] = [],
): Promise<readonly string[]> {
  const executed: string[] = [];
  let answer = await bridge.say(packageOne(BRUCE, { sessionId }, extra));
  for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
    if (msgId > 30) throw new Error('the session does not end');
    answer = await bridge.say(syncml({ sessionId, msgId }, reply(answer, LEAVES, executed)), {
      token: tokenOf(answer),
    });
  }
  expect(answer.final).toBe(true);
  return executed;
}

const BAD_ANSWERS: readonly (readonly [string, IncomingReply])[] = [
  ['401', replied('', 401)],
  ['404', replied('', 404)],
  ['500', replied('', 500)],
  ['503', replied('', 503)],
  ['a time-out', { failure: 'timeout', reason: 'slow' }],
  ['a refused connection', { failure: 'unreachable', reason: 'refused' }],
  ['an answer that is too large', { failure: 'tooLarge', reason: 'large' }],
  ['a place outside the allow-list', { failure: 'forbidden', reason: 'list' }],
  ['no JSON', replied('{"CMD":')],
  ['an array', replied('[]')],
  ['no CMD', replied('{}')],
  ['CMD that is no list', replied('{"CMD": {}}')],
  ['a command that is no list', replied('{"CMD": ["GET"]}')],
  ['a parameter that is no text', replied('{"CMD": [["GET", 1]]}')],
];

describe.each(BAD_ANSWERS)('a backend that answers %s', (name, bad) => {
  test(`the session ends without commands when Package#1 is answered by ${name}, and the next session is not affected`, async () => {
    const bridge = await BridgeUnderTest.open({ script: inTurn(bad) });
    expect(await play(bridge)).toEqual([]);
    expect(bridge.requests).toHaveLength(1);
    expect((await bridge.state()).session?.north.phase).toBe('ended');
    bridge.script = inTurn(noCommands(), commands(['GET', DEV_TYP]));
    expect(await play(bridge, '2')).toEqual(['Get ./DevDetail/DevTyp']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, undefined, [200]]);
  });

  test(`the session ends in order when Package#3 is answered by ${name}`, async () => {
    const bridge = await BridgeUnderTest.open({ script: inTurn(commands(['GET', DEV_TYP]), bad) });
    expect(await play(bridge)).toEqual(['Get ./DevDetail/DevTyp']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect((await bridge.state()).session?.closedAt).toBeDefined();
  });
});

describe('a command list', () => {
  test('command lists are executed package by package until the backend has no more (DM-PACK-001-C-M, DM-PACK-012-C-M, DM-PACK-013-C-M)', async () => {
    const bridge = await BridgeUnderTest.open({
      script: inTurn(commands(['GET', DEV_TYP]), commands(['GET', FW_V], ['EXEC', UPDATE])),
    });
    expect(await play(bridge)).toEqual(['Get ./DevDetail/DevTyp', 'Get ./DevDetail/FwV', 'Exec ./FUMO/Update']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], [200, 200]]);
  });

  test('an empty command list is answered with an empty Status list, and the third in a row ends the session', async () => {
    const bridge = await BridgeUnderTest.open({ script: () => commands() });
    expect(await play(bridge)).toEqual([]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [], []]);
  });

  test('a command list that is not empty starts the count of empty lists again', async () => {
    const empty = commands();
    const bridge = await BridgeUnderTest.open({
      script: inTurn(empty, empty, commands(['GET', DEV_TYP]), empty, empty, empty),
    });
    expect(await play(bridge)).toEqual(['Get ./DevDetail/DevTyp']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [], [], [200], [], []]);
  });

  test.each([
    ['an empty command', [], 400],
    ['an unknown command', ['FLY'], 501],
    ['too few parameters', ['GET'], 400],
    ['too many parameters', ['DELETE', DEV_TYP, 'x'], 400],
    ['a malformed ClientURI', ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0/(x)/DevTyp'], 400],
    ['SHOW', ['SHOW', 'http://backend.example.com/page'], 501],
    ['an SUB outside of the allow-list', ['SUB', 'http://elsewhere.example.com/sub', DEV_TYP], 403],
  ])('a list with %s gets an error for that command alone, and the next command runs', async (_, bad, code) => {
    const bridge = await BridgeUnderTest.open({ script: inTurn(commands(bad, ['GET', DEV_TYP], bad)) });
    expect(await play(bridge)).toEqual(['Get ./DevDetail/DevTyp']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [code, 200, code]]);
  });

  test('a list with END is executed as a whole, and no Package#3 is sent (DM-PACK-022-C-M)', async () => {
    const bridge = await BridgeUnderTest.open({
      script: inTurn(commands(['EXEC', UPDATE], ['END'], ['GET', DEV_TYP])),
    });
    expect(await play(bridge)).toEqual(['Exec ./FUMO/Update', 'Get ./DevDetail/DevTyp']);
    expect(bridge.packages()).toHaveLength(1);
  });
});

describe('CONT (DM-PACK-021-C-M)', () => {
  const elsewhere = 'http://backend.example.com/other';

  test('Package#3 goes to the address of the last accepted CONT, which holds until the session ends', async () => {
    const cont = (uri: string) => ['CONT', uri] as const;
    const list = commands(cont('http://backend.example.com/first'), cont(elsewhere), cont('http://evil.example.org/'), [
      'GET',
      DEV_TYP,
    ]);
    const bridge = await BridgeUnderTest.open({ script: inTurn(list, commands(['GET', FW_V])) });
    await play(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200, 500, 200], [200]]);
    await play(bridge, '2');
    expect(bridge.requests.map(({ url }) => url)).toEqual([SRV_URI, elsewhere, elsewhere, SRV_URI]);
  });
});

describe('a device that aborts (DM-PRO-S-002-M, DM-PRO-Abort-S-002-M, DM-PRO-Abort-S-003-O)', () => {
  const list = commands(['GET', DEV_TYP], ['GET', FW_V]);

  async function aborted(said: (cmdIds: readonly string[]) => readonly string[]) {
    const bridge = await BridgeUnderTest.open({ script: inTurn(list, commands(['EXEC', UPDATE])) });
    const first = await bridge.say(packageOne(BRUCE));
    const cmdIds = first.commands.filter(({ name }) => name === 'Get').map(({ cmdId }) => cmdId);
    const message = syncml({ msgId: 2 }, [...said(cmdIds), alert(90, 1223)]);
    const got = await bridge.post(message, { token: tokenOf(first) });
    await bridge.drained();
    return { bridge, message, got, token: tokenOf(first) };
  }

  test('an aborting device gets its Statuses and Final; the backend gets 503 for its commands, and once more for those that follow', async () => {
    const { bridge, got, message, token } = await aborted(() => []);
    const answer = readAnswer(got.body);
    expect(answer).toMatchObject({ statuses: ['SyncHdr 0 212', 'Alert 90 200'], commands: [], final: true });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503, 503], [503]]);
    expect((await bridge.state()).session?.north.phase).toBe('ended');
    expect(await bridge.post(message, { token })).toEqual(got);
    expect(bridge.packages()).toHaveLength(3);
  });

  test('the results in the message of an abort count, and the other commands get 503', async () => {
    const { bridge } = await aborted(([one = '']) => [
      status(2, { msgRef: 1, cmdRef: one, cmd: 'Get' }, 200),
      results(3, { msgRef: 1, cmdRef: one }, './DevDetail/DevTyp', 'Phone'),
    ]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 503], [503]]);
  });

  test('commands that answer Package#3 are not executed after an abort without outstanding commands', async () => {
    const { bridge } = await aborted((cmdIds) =>
      cmdIds.map((cmdRef, at) => status(2 + at, { msgRef: 1, cmdRef, cmd: 'Get' }, 404)),
    );
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [404, 404], [503]]);
    expect(bridge.requests).toHaveLength(3);
  });

  test('the alerts in the message of an abort are delivered', async () => {
    const { bridge } = await aborted(() => [note(80, 'last words')]);
    expect(bridge.packages().map(notesIn)).toEqual([[], ['last words'], []]);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('an abort in Package#1 opens no DM 2.0 session, and its alerts leave with the next session', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(packageOne(BRUCE, {}, [note(3, 'a'), alert(4, 1223)]));
    await bridge.drained();
    expect(got).toMatchObject({ final: true, commands: [] });
    expect(bridge.requests).toEqual([]);
    await play(bridge, '2');
    expect(bridge.packages().map(notesIn)).toEqual([['a']]);
  });
});

describe('a bridge that is killed while a request is under way', () => {
  const until = async (bridge: BridgeUnderTest, message: string, token?: string) => {
    void bridge.post(message, { token });
    await settle();
    bridge.kill();
  };

  test('a POST of Package#1 is not repeated after a restart, and its alert is delivered in the next session', async () => {
    const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: () => later().reply });
    const message = packageOne(BRUCE, {}, [note(3, 'a')]);
    await until(bridge, message);
    bridge.script = () => noCommands();
    const got = await bridge.say(message);
    expect(got).toMatchObject({ commands: [], final: true });
    expect(got.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200']);
    expect(bridge.requests).toHaveLength(1);
    expect((await bridge.state()).outbox).toHaveLength(1);
    await play(bridge, '2');
    expect(bridge.packages().map(notesIn)).toEqual([['a'], ['a']]);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('a POST of Package#3 is not repeated after a restart, and the device executes nothing again', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['EXEC', UPDATE]) : later().reply),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const message = syncml({ msgId: 2 }, [...reply(first, LEAVES), note(9, 'a')]);
    await until(bridge, message, tokenOf(first));
    bridge.script = () => noCommands();
    const got = await bridge.say(message, { token: tokenOf(first) });
    expect(got).toMatchObject({ statuses: ['SyncHdr 0 212', 'Alert 9 200'], commands: [], final: true });
    await play(bridge, '2');
    expect(bridge.packages().map(notesIn)).toEqual([[], ['a'], ['a']]);
  });

  test('only the unanswered message with its token continues the session after a restart', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['EXEC', UPDATE]) : later().reply),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const message = syncml({ msgId: 2 }, reply(first, LEAVES));
    await until(bridge, message, tokenOf(first));
    expect((await bridge.say(message)).statuses).toEqual(['SyncHdr 0 407']);
    const other = syncml({ msgId: 2 }, [...reply(first, LEAVES), note(9, 'x')]);
    await expect(bridge.post(other, { token: tokenOf(first) })).rejects.toMatchObject({ code: 'ERR_MSG_ID_ORDER' });
    expect((await bridge.say(message, { token: tokenOf(first) })).final).toBe(true);
  });

  test('a GET from the Data Repository is repeated after a restart, and the session goes on', async () => {
    const ext = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note';
    const list = commands(['HGET', 'http://backend.example.com/note', ext], ['GET', DEV_TYP]);
    const bridge = await BridgeUnderTest.open({
      store: 'sqlite',
      script: ({ purpose }) => (purpose === 'repository' ? later().reply : list),
    });
    const message = packageOne(BRUCE, {}, [note(3, 'a')]);
    await until(bridge, message);
    expect((await bridge.state()).outbox).toEqual([]);
    bridge.script = ({ purpose }) =>
      purpose === 'repository' ? replied('hello', 200, { 'content-type': 'text/plain' }) : noCommands();
    const got = await bridge.say(message);
    expect(got.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200']);
    const executed: string[] = [];
    let answer = got;
    for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
      answer = await bridge.say(syncml({ msgId }, reply(answer, LEAVES, executed)), { token: tokenOf(got) });
    }
    expect(executed.filter((each) => !each.includes('?list') && !each.startsWith('Get ./DevDetail/Ext'))).toEqual([
      'Get ./DevDetail/DevTyp',
      'Add ./DevDetail/Ext/Note',
    ]);
    expect(bridge.requests.map(({ method, purpose }) => `${method} ${purpose}`)).toEqual([
      'POST package',
      'GET repository',
      'GET repository',
      'POST package',
    ]);
    expect(bridge.packages().map(notesIn)).toEqual([['a'], []]);
    expect(statusesIn(bridge.packages()[1])).toEqual([200, 200]);
  });

  test('a bridge killed before any message of a session goes on as if it had not been killed', async () => {
    const list = commands(['GET', DEV_TYP], ['EXEC', UPDATE], ['GET', FW_V]);
    const runs = async (isKilled: boolean) => {
      const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: inTurn(list, list) });
      const executed: string[] = [];
      const bodies: string[] = [];
      let message = packageOne(BRUCE, {}, [event(3, [{ type: 'x', format: 'null' }])]);
      let token: string | undefined;
      for (let msgId = 2; ; msgId += 1) {
        if (isKilled) bridge.kill();
        const got = await bridge.post(message, { token });
        if (isKilled) bridge.kill();
        if (isKilled) expect(await bridge.post(message, { token })).toEqual(got);
        bodies.push(got.body);
        const answer = readAnswer(got.body);
        token = tokenOf(answer);
        if (answer.commands.length === 0) return { executed, bodies, packages: bridge.packages() };
        message = syncml({ msgId }, reply(answer, LEAVES, executed));
      }
    };
    expect(await runs(true)).toEqual(await runs(false));
  });
});
