/** The rules of a user interaction session at the edges of the device's protocol (DM-2.0 §5.3.7; DM-1.3 §10.2). */
import { expect, test, vi } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { type Answer, basicCred, packageOne, reply, status, syncml, textAt } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, FW_V, LEAVES, replied, tokenOf } from './bridge-under-test.ts';
import { HTML, type Pages, SHOW, scriptOf, statuses } from './show-scene.ts';

const TWO = '<form action=/done>A <input name=A>B <input name=B>';

async function open(lists: Pages['lists'], pages: Pages['pages']): Promise<BridgeUnderTest> {
  return await BridgeUnderTest.open({ script: scriptOf({ lists, pages }), reasons: true });
}

function namesOf({ commands: sent }: Answer): readonly string[] {
  return sent.map((command) => (command.name === 'Alert' ? (textAt(command.node, 'Data') ?? '') : command.name));
}

/** The bridge's answer, when a slow backend makes it hold the device. */
async function heldAnswer(bridge: BridgeUnderTest, sent: Promise<Answer>): Promise<Answer> {
  let answer: Answer | undefined;
  void sent.then((value) => {
    answer = value;
  });
  for (let turns = 0; answer === undefined; turns += 1) {
    if (turns > 20) throw new Error('the bridge does not answer');
    for (let at = 0; at < 20; at += 1) await new Promise(setImmediate);
    if (answer === undefined) await bridge.clock.advance(20_000);
  }
  return answer;
}

function answerOf(answer: Answer, code: number, ...items: readonly string[]): readonly string[] {
  const data = items.map((item) => `<Item><Data>${item}</Data></Item>`).join('');
  const of = { msgRef: answer.msgId };
  return [
    status(1, { ...of, cmdRef: 0, cmd: 'SyncHdr' }, 212),
    status(2, { ...of, cmdRef: answer.commands[0]?.cmdId ?? '', cmd: 'Alert' }, code).replace(
      '</Status>',
      `${data}</Status>`,
    ),
  ];
}

async function send(bridge: BridgeUnderTest, msgId: number, before: Answer, parts: readonly string[]): Promise<Answer> {
  return await heldAnswer(
    bridge,
    bridge.say(syncml({ msgId, cred: basicCred(BRUCE) }, parts), { token: tokenOf(before) }),
  );
}

test('a user is not asked while a command of the list waits for its repository', async () => {
  const { promise, resolve } = Promise.withResolvers<IncomingReply>();
  const bridge = await open([[SHOW, ['HGET', 'http://backend.example.com/data', FW_V]]], {
    'GET /page': () => replied('Hello', 200, HTML),
    'GET /data': () => promise,
  });
  const first = await heldAnswer(bridge, bridge.say(packageOne(BRUCE)));
  expect(namesOf(first)).toEqual(['Get']);
  const second = await send(bridge, 2, first, reply(first, LEAVES));
  expect(namesOf(second)).toEqual(['Get']);
  resolve(replied('8.0', 200, { 'content-type': 'text/plain' }));
  let answer = await send(bridge, 3, second, reply(second, LEAVES));
  const names: (readonly string[])[] = [];
  for (let msgId = 4; answer.commands.length > 0; msgId += 1) {
    names.push(namesOf(answer));
    const isAlert = answer.commands[0]?.name === 'Alert';
    answer = await send(bridge, msgId, answer, isAlert ? answerOf(answer, 200) : reply(answer, LEAVES));
  }
  expect(names.at(-1)).toEqual(['1100']);
  expect(names.flat()).toContain('Replace');
  expect(statuses(bridge)[0]).toBe(200);
});

test('a second Status of an alert changes nothing', async () => {
  const bridge = await open([[SHOW]], { 'GET /page': () => replied(TWO, 200, HTML) });
  const first = await bridge.say(packageOne(BRUCE));
  const [header, own] = answerOf(first, 200, 'x');
  const [, other] = answerOf(first, 214);
  const second = await send(bridge, 2, first, [
    header ?? '',
    own ?? '',
    (other ?? '').replace('<CmdID>2<', '<CmdID>3<'),
  ]);
  expect(namesOf(second)).toEqual(['1102']);
  expect(statuses(bridge)).toEqual([200]);
});

test('a text that is longer than a message of the device makes the SHOW 500', async () => {
  const bridge = await open([[SHOW]], { 'GET /page': () => replied('x'.repeat(9_000), 200, HTML) });
  const meta = '<Meta><MaxMsgSize xmlns="syncml:metinf">2000</MaxMsgSize></Meta>';
  let answer = await bridge.say(packageOne(BRUCE).replace('</SyncHdr>', `${meta}</SyncHdr>`));
  for (let msgId = 2; answer.commands.length > 0; msgId += 1)
    answer = await send(bridge, msgId, answer, reply(answer, LEAVES));
  expect(statuses(bridge)).toEqual([500]);
  expect(bridge.logs.join('\n')).toContain('show.ended');
});

test.each(['one-per-message', 'plain'] as const)(
  'each alert is alone in its message for a device with the ordering %s',
  async (ordering) => {
    const bridge = await open([[SHOW, ['GET', FW_V], ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp']]], {
      'GET /page': () => replied(TWO, 200, HTML),
    });
    await bridge.changeDevice(({ record }) => ({ record: { ...record, facts: { ...record.facts, ordering } } }));
    let answer = await bridge.say(packageOne(BRUCE));
    const names: (readonly string[])[] = [];
    for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
      names.push(namesOf(answer));
      const isAlert = answer.commands[0]?.name === 'Alert';
      answer = await send(bridge, msgId, answer, isAlert ? answerOf(answer, 200, 'x') : reply(answer, LEAVES));
    }
    expect(names.slice(-2)).toEqual([['1102'], ['1102']]);
    expect(names.slice(0, -2).flat()).not.toContain('1102');
  },
);

test('the next session of the device does not take up the pages, and may show one of its own', async () => {
  const bridge = await open(
    [
      [SHOW, ['END']],
      [SHOW, ['END']],
    ],
    { 'GET /page': () => replied(TWO, 200, HTML) },
  );
  const first = await bridge.say(packageOne(BRUCE));
  const second = await send(bridge, 2, first, answerOf(first, 200, 'x'));
  expect(namesOf(second)).toEqual(['1102']);
  const other = await heldAnswer(bridge, bridge.say(packageOne(BRUCE, { sessionId: '2' })));
  expect(namesOf(other)).toEqual(['1102']);
  const parts = answerOf(other, 200, 'z');
  const next = await bridge.say(syncml({ sessionId: '2', msgId: 2 }, parts), { token: tokenOf(other) });
  expect(namesOf(next)).toEqual(['1102']);
});

test('a cookie that expires while the user reads does not break the command', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 11, 1) });
  try {
    const bridge = await open([[SHOW]], {
      'GET /page': () =>
        replied('', 302, { location: '/form', 'set-cookie': 'a=1; Expires=Tue, 01 Dec 2026 00:00:10 GMT' }),
      'GET /form': () => replied('Hello', 200, HTML),
    });
    const first = await bridge.say(packageOne(BRUCE));
    vi.setSystemTime(Date.UTC(2026, 11, 1, 0, 1));
    bridge.kill();
    await send(bridge, 2, first, answerOf(first, 200));
    expect(statuses(bridge)).toEqual([200]);
  } finally {
    vi.useRealTimers();
  }
});
