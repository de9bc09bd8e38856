/** SHOW through the whole bridge: pages become alerts for the user, answers become submissions (DM-2.0 §5.3.7; DM-1.3 §10.2). */
import { describe, expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { type Answer, basicCred, packageOne, reply, syncml, textAt, type XmlNode } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, FW_V, LEAVES, replied, tokenOf } from './bridge-under-test.ts';
import { HTML, PAGE, type Pages, SHOW, scriptOf, statuses } from './show-scene.ts';

const NAME_FORM =
  '<form action="/a" method=post><p>Your name?</p><input name=n maxlength=5 value=Bo><input type=hidden name=s value=7><button>OK';

/** A device whose user answers alerts with these Statuses and Items, in order. */
class UserDevice {
  /** The Items of each alert behind its code; `Get` and the like for other commands, by message. */
  readonly messages: unknown[][] = [];
  readonly #answers: (readonly [status: number, ...items: readonly string[]])[];

  constructor(answers: readonly (readonly [status: number, ...items: readonly string[]])[]) {
    this.#answers = [...answers];
  }

  /** Plays a session until the bridge has no more commands; `before` runs before each message. */
  async session(bridge: BridgeUnderTest, before: () => void = () => {}): Promise<void> {
    let answer = await bridge.say(packageOne(BRUCE));
    for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
      if (msgId > 60) throw new Error('the session does not end');
      before();
      const body = syncml({ msgId, cred: basicCred(BRUCE) }, this.#run(answer));
      answer = await bridge.say(body, { token: tokenOf(answer) });
    }
  }

  #run(answer: Answer): readonly string[] {
    const alerts = answer.commands.filter(({ name }) => name === 'Alert');
    this.messages.push(
      answer.commands.map((command) => (command.name === 'Alert' ? shown(command.node) : command.name)),
    );
    if (alerts.length === 0) return reply(answer, LEAVES);
    const [alert] = alerts;
    const [status, ...items] = this.#answers.shift() ?? [214];
    const data = items.map((item) => `<Item><Data>${item}</Data></Item>`).join('');
    return [
      `<Status><CmdID>1</CmdID><MsgRef>${answer.msgId}</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><Data>212</Data></Status>`,
      `<Status><CmdID>2</CmdID><MsgRef>${answer.msgId}</MsgRef><CmdRef>${alert?.cmdId}</CmdRef><Cmd>Alert</Cmd><Data>${status}</Data>${data}</Status>`,
    ];
  }
}

function shown(alert: XmlNode): readonly unknown[] {
  const items = alert.children.filter(({ name }) => name === 'Item');
  return [textAt(alert, 'Data'), ...items.map((item) => textAt(item, 'Data'))];
}

async function run(place: Pages, answers: ConstructorParameters<typeof UserDevice>[0]) {
  const bridge = await BridgeUnderTest.open({ script: scriptOf(place), reasons: true });
  const device = new UserDevice(answers);
  return { bridge, device };
}

function pageRequests({ requests }: BridgeUnderTest): readonly unknown[] {
  return requests
    .filter(({ purpose }) => purpose === 'page')
    .map(({ method, url, body }) => {
      const text = body !== undefined && 'text' in body ? body.text : '';
      return [method, url, text].filter((part) => part !== '').join(' ');
    });
}

describe('a page', () => {
  test('a form is shown, answered and submitted, and the answer is the next page', async () => {
    const { bridge, device } = await run(
      {
        lists: [[SHOW]],
        pages: { 'GET /page': replied(NAME_FORM, 200, HTML), 'POST /a': replied('<p>Thank you', 200, HTML) },
      },
      [[200, 'Ann'], [200]],
    );
    await device.session(bridge);
    expect(device.messages).toEqual([[['1102', 'DR=Bo&MAXLEN=5', 'Your name?']], [['1100', '', 'Thank you']]]);
    expect(statuses(bridge)).toEqual([200]);
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`, 'POST http://backend.example.com/a n=Ann&s=7']);
  });

  test('each message may come to another process', async () => {
    const { bridge, device } = await run(
      {
        lists: [[SHOW]],
        pages: { 'GET /page': replied(NAME_FORM, 200, HTML), 'POST /a': replied('<p>Thank you', 200, HTML) },
      },
      [[200, 'Ann'], [200]],
    );
    await device.session(bridge, () => bridge.kill());
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`, 'POST http://backend.example.com/a n=Ann&s=7']);
    expect(statuses(bridge)).toEqual([200]);
  });

  test('several controls are several alerts and one submission', async () => {
    const form =
      '<form>A <input name=A>B <select name=s><option value=1>x<option value=2>y</select><input type=checkbox name=c>';
    const { bridge, device } = await run({ lists: [[SHOW]], pages: { 'GET /page': replied(form, 200, HTML) } }, [
      [200, 'one'],
      [200, '2'],
      [304],
    ]);
    await device.session(bridge);
    expect(device.messages.flat().map((alert) => (Array.isArray(alert) ? alert[0] : alert))).toEqual([
      '1102',
      '1103',
      '1101',
      '1102',
    ]);
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`, `GET ${PAGE}?A=one&s=2`]);
  });

  test.each<[string, readonly [number, ...string[]], number]>([
    ['cancels', [214], 200],
    ['says no', [304], 200],
    ['lets the time run out', [408], 200],
    ['has a device without alerts', [406], 501],
    ['has a device that fails', [500], 500],
    ['types nothing', [200], 200],
  ])('the status of SHOW follows the first Status when the user %s', async (_, answer, status) => {
    const { bridge, device } = await run({ lists: [[SHOW]], pages: { 'GET /page': replied(NAME_FORM, 200, HTML) } }, [
      answer,
    ]);
    await device.session(bridge);
    expect(statuses(bridge)).toEqual([status]);
    expect(pageRequests(bridge)).toHaveLength(answer[0] === 200 ? 2 : 1);
  });

  test('a user who cancels the second alert submits nothing', async () => {
    const { bridge, device } = await run(
      { lists: [[SHOW]], pages: { 'GET /page': replied('<form>A <input name=A>B <input name=B>', 200, HTML) } },
      [[200, 'x'], [214]],
    );
    await device.session(bridge);
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`]);
    expect(statuses(bridge)).toEqual([200]);
  });

  test('text is shown as it is', async () => {
    const { bridge, device } = await run(
      { lists: [[SHOW]], pages: { 'GET /page': replied('Hello\n<b>', 200, { 'content-type': 'text/plain' }) } },
      [[200]],
    );
    await device.session(bridge);
    expect(device.messages).toEqual([[['1100', '', 'Hello\n<b>']]]);
  });
});

describe('a page that is not shown', () => {
  test.each<[string, IncomingReply, number]>([
    ['refused', replied('', 404), 500],
    ['accepted only', replied('x', 202, HTML), 500],
    ['a part', replied('x', 206, HTML), 500],
    ['empty', replied('', 200, HTML), 500],
    ['unreachable', { failure: 'unreachable', reason: 'x' }, 500],
    ['late', { failure: 'timeout', reason: 'x' }, 500],
    ['in an unknown coding', { failure: 'coding', reason: 'x' }, 500],
    ['too long', { failure: 'tooLarge', reason: 'x' }, 501],
    ['a picture', replied('x', 200, { 'content-type': 'image/png' }), 501],
    ['without a type', replied('x', 200), 501],
    ['in an unknown charset', replied('x', 200, { 'content-type': 'text/html; charset=klingon' }), 501],
    ['a file form', replied('<form><input type=file name=f>', 200, HTML), 501],
    ['without end of redirects', replied('', 302, { location: '/page' }), 500],
  ])('a page that is %s has its status and reason', async (_, page, status) => {
    const { bridge, device } = await run({ lists: [[SHOW, ['GET', FW_V]]], pages: { 'GET /page': page } }, []);
    await device.session(bridge);
    expect(statuses(bridge)).toEqual([status, 200]);
    expect(bridge.logs.join('\n')).toContain('command.failed');
  });

  test('a ServerURI outside of the allow-list is 500 and not asked', async () => {
    const { bridge, device } = await run({ lists: [[['SHOW', 'http://evil.example/']]], pages: {} }, []);
    await device.session(bridge);
    expect(statuses(bridge)).toEqual([500]);
    expect(pageRequests(bridge)).toEqual([]);
  });
});

describe('the order of pages and commands', () => {
  test('commands behind a SHOW run before the user is asked', async () => {
    const { bridge, device } = await run(
      {
        lists: [[SHOW, ['GET', FW_V], ['HPUT', 'http://backend.example.com/up', FW_V]]],
        pages: { 'GET /page': replied('Hello', 200, HTML), 'PUT /up': replied('', 204) },
      },
      [[200]],
    );
    await device.session(bridge);
    const [first, ...others] = device.messages;
    expect(first?.flat()).not.toContain('1100');
    expect(others.at(-1)).toEqual([['1100', '', 'Hello']]);
    expect(statuses(bridge)).toEqual([200, 200, 200]);
  });

  test('a second SHOW in the list is 503, and the first one goes on', async () => {
    const { bridge, device } = await run(
      { lists: [[SHOW, SHOW]], pages: { 'GET /page': replied('Hello', 200, HTML) } },
      [[200]],
    );
    await device.session(bridge);
    expect(statuses(bridge)).toEqual([200, 503]);
    expect(device.messages).toHaveLength(1);
  });

  test('a SHOW in a later list is 503 while the user is still asked', async () => {
    const { bridge, device } = await run(
      {
        lists: [[SHOW], [SHOW]],
        pages: { 'GET /page': replied('<form>A <input name=A>B <input name=B>', 200, HTML) },
      },
      [[200, 'x'], [200, 'y'], [214]],
    );
    await device.session(bridge);
    expect(statuses(bridge)).toEqual([200, 503]);
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`, `GET ${PAGE}?A=x&B=y`]);
  });

  test('END ends the DM 2.0 session, and the user is still asked', async () => {
    const { bridge, device } = await run(
      {
        lists: [[SHOW, ['END']]],
        pages: { 'GET /page': replied('<form>A <input name=A>B <input name=B>', 200, HTML) },
      },
      [[200, 'x'], [200, 'y'], [214]],
    );
    await device.session(bridge);
    expect(bridge.packages()).toHaveLength(1);
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`, `GET ${PAGE}?A=x&B=y`]);
  });

  test('a device that stays away makes the SHOW 503', async () => {
    const { bridge } = await run({ lists: [[SHOW]], pages: { 'GET /page': replied('Hello', 200, HTML) } }, []);
    await bridge.say(packageOne(BRUCE));
    bridge.clock.advance(16 * 60_000);
    await bridge.background();
    await bridge.drained();
    expect(statuses(bridge)).toEqual([503]);
  });
});

describe('pages one after the other', () => {
  test('cookies and redirects belong to the session of the user', async () => {
    const seen: (string | undefined)[] = [];
    const { bridge, device } = await run(
      {
        lists: [[SHOW]],
        pages: {
          'GET /page': replied('', 302, { location: '/form', 'set-cookie': 'a=1; Path=/\nb=2; Path=/other' }),
          'GET /form': (request) => {
            seen.push(request.headers.cookie);
            return replied('<form method=post action=/a>A <input name=A>', 200, HTML);
          },
          'POST /a': (request) => {
            seen.push(request.headers.cookie);
            return replied('', 303, { location: '/done', 'set-cookie': 'a=2; Path=/' });
          },
          'GET /done': (request) => {
            seen.push(request.headers.cookie);
            return replied('Done', 200, HTML);
          },
        },
      },
      [[200, 'x'], [200]],
    );
    await device.session(bridge, () => bridge.kill());
    expect(seen).toEqual(['a=1', 'a=1', 'a=2']);
    expect(device.messages.at(-1)).toEqual([['1100', '', 'Done']]);
  });

  test.each([
    [307, 'POST http://backend.example.com/b A=x'],
    [302, 'GET http://backend.example.com/b'],
  ])('a redirect %s of a submission leads to %s', async (status, request) => {
    const { bridge, device } = await run(
      {
        lists: [[SHOW]],
        pages: {
          'GET /page': replied('<form method=post action=/a>A <input name=A>', 200, HTML),
          'POST /a': replied('', status, { location: '/b' }),
        },
      },
      [[200, 'x']],
    );
    await device.session(bridge);
    expect(pageRequests(bridge).at(-1)).toBe(request);
  });

  test('at most 20 pages are shown', async () => {
    const { bridge, device } = await run(
      { lists: [[SHOW]], pages: { 'GET /page': replied('<form>A <input name=A>', 200, HTML) } },
      Array.from({ length: 40 }, () => [200, 'x'] as const),
    );
    await device.session(bridge);
    expect(device.messages).toHaveLength(20);
    expect(bridge.logs.join('\n')).toContain('20 pages were shown');
  });

  test('after 10 minutes nothing is submitted', async () => {
    const { bridge, device } = await run(
      { lists: [[SHOW]], pages: { 'GET /page': replied('<form>A <input name=A>', 200, HTML) } },
      [
        [200, 'x'],
        [200, 'x'],
      ],
    );
    let messages = 0;
    await device.session(bridge, () => {
      messages += 1;
      if (messages === 2) bridge.clock.advance(11 * 60_000);
    });
    expect(pageRequests(bridge)).toHaveLength(2);
  });

  test('a form that was on its way when the process stopped is not sent twice', async () => {
    const { promise: killed, resolve } = Promise.withResolvers<void>();
    const { bridge, device } = await run(
      {
        lists: [[SHOW]],
        pages: {
          'GET /page': replied('<form method=post action=/a>A <input name=A>', 200, HTML),
          'POST /a': () => {
            bridge.kill();
            resolve();
            return replied('late', 200, HTML);
          },
        },
      },
      [[200, 'x']],
    );
    // The device gets no answer from the process that was killed.
    void device.session(bridge);
    await killed;
    bridge.clock.advance(16 * 60_000);
    await bridge.background();
    await bridge.drained();
    expect(pageRequests(bridge)).toEqual([`GET ${PAGE}`, 'POST http://backend.example.com/a A=x']);
    expect((await bridge.state()).session?.north.interaction).toBeUndefined();
  });
});
