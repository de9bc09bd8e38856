/** Device profiles, facts learnt of a device, interrupted sessions and quarantined commands. */
import { describe, expect, test } from 'vitest';
import type { ProfileRule } from '../../src/mapping/device-profile.ts';
import { basicCred, child, note, packageOne, readXml, syncml, textAt } from '../e2e/scripted-device.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  noCommands,
  replied,
  settle,
  statusesIn,
  UPDATE,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const LEAVES = {
  './DevDetail/DevTyp': 'Phone',
  './DevDetail/FwV': '7.1',
  './DCMO/usb/Property': 'Bus',
  './DCMO/usb/Enabled': 'true',
};
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const DATA = 'http://backend.example.com/data';
const WEEK = 7 * 24 * 3600 * 1000;
const TWO_GETS = [
  ['GET', DEV_TYP],
  ['GET', FW_V],
];

/** Every session of the backend has these commands, then ends. */
function always(list: readonly (readonly string[])[], data: Readonly<Record<string, unknown>> = {}): BackendScript {
  return ({ purpose, body }) => {
    if (purpose === 'repository') {
      return replied(JSON.stringify([data]), 200, { 'content-type': 'application/dmmo+json' });
    }
    const text = body !== undefined && 'text' in body ? body.text : '';
    return text.includes('"Status"') || !text.startsWith('{') ? noCommands() : commands(...list);
  };
}

function profiled(rule: Omit<ProfileRule, 'name' | 'match'>): readonly ProfileRule[] {
  return [{ name: 'test', match: { model: 'ph*' }, ...rule }];
}

async function run(options: Parameters<typeof BridgeUnderTest.open>[0], quirks: Quirks = {}) {
  const bridge = await BridgeUnderTest.open({ script: always(TWO_GETS), ...options });
  const device = new QuirkyDevice(BRUCE, { leaves: LEAVES, ...quirks });
  return { bridge, device };
}

describe('a device profile', () => {
  test.each([
    ['sequence', [['Sequence', 'Get', 'Get'], []]],
    ['plain', [['Get', 'Get'], []]],
    ['one-per-message', [['Get'], ['Get'], []]],
  ] as const)('a device profile puts commands into messages by its ordering %s', async (ordering, expected) => {
    const { bridge, device } = await run({ profiles: profiled({ ordering }) });
    await device.session(bridge);
    expect(device.messages).toEqual(expected);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
    expect((await bridge.state()).record.facts.ordering).toBeUndefined();
  });

  test('a device profile for a User-Agent applies only to requests with that User-Agent', async () => {
    const profiles: readonly ProfileRule[] = [{ name: 'a', match: { userAgent: '*engine*' }, ordering: 'plain' }];
    const { bridge, device } = await run({ profiles }, { userAgent: 'The Engine/1.0' });
    await device.session(bridge);
    expect(device.messages[0]).toEqual(['Get', 'Get']);
    const other = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    await other.session(bridge, '2');
    expect(other.messages[0]).toEqual(['Sequence', 'Get', 'Get']);
  });

  test('the list of a device profile is used without trying others, and is not stored as a fact', async () => {
    const { bridge, device } = await run(
      { profiles: profiled({ list: 'none' }), script: always([['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//']]) },
      { lists: ['StructData'] },
    );
    await device.session(bridge);
    expect(device.executed).toEqual(['Get ./DevDetail', 'Get ./DevDetail/DevTyp', 'Get ./DevDetail/FwV']);
    expect((await bridge.state()).record.facts.list).toBeUndefined();
  });

  test('406 to the list of a device profile overrides it, also in the next session', async () => {
    const { bridge, device } = await run({
      profiles: profiled({ list: 'StructData' }),
      script: always([['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//']]),
    });
    await device.session(bridge);
    expect(device.executed).toEqual([
      'Get ./DevDetail?list=StructData',
      'Get ./DevDetail?list=TNDS',
      'Get ./DevDetail?list=Struct',
      'Get ./DevDetail',
      'Get ./DevDetail/DevTyp',
      'Get ./DevDetail/FwV',
    ]);
    expect((await bridge.state()).record.facts.list).toBe('none');
    const next = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    await next.session(bridge, '2');
    expect(next.executed[0]).toBe('Get ./DevDetail');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], undefined, [200]]);
  });

  test('406 during the search for MOs overrides the list of a device profile', async () => {
    const { bridge, device } = await run({
      profiles: profiled({ list: 'StructData' }),
      script: always([['GET', `${DCMO}/usb/Property`]]),
    });
    await device.session(bridge);
    expect(device.executed.filter((each) => each.includes('?list='))).toEqual([
      'Get .?list=Struct',
      'Get .?list=StructData',
      'Get ./DevInfo?list=TNDS',
    ]);
    expect((await bridge.state()).record.facts.list).toBe('none');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('maxMsgSize of a device profile holds when the device announces more', async () => {
    const { bridge, device } = await run({ profiles: profiled({ ordering: 'plain', maxMsgSize: 1000 }) });
    await device.session(bridge);
    expect(device.messages).toEqual([['Get'], ['Get'], []]);
    expect(device.got.every(({ body }) => Buffer.byteLength(body) <= 1000)).toBe(true);
  });

  test('a value above maxObjSize of a device profile is not sent, and gets 506', async () => {
    const script: BackendScript = ({ purpose, body }) => {
      if (purpose === 'repository') return replied('x'.repeat(300), 200, { 'content-type': 'text/plain' });
      const text = body !== undefined && 'text' in body ? body.text : '';
      return text.includes('"Status"') ? noCommands() : commands(['HGET', DATA, `${DCMO}/usb/Property`]);
    };
    const { bridge, device } = await run({ profiles: profiled({ list: 'none', maxObjSize: 299 }), script });
    await device.session(bridge);
    expect(device.executed.filter((each) => each.startsWith('Replace'))).toEqual([]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [506]]);
  });

  test('leafOnlyAdds creates a new instance by its leaves, and removes it as a whole when one fails', async () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const options = {
      profiles: profiled({ list: 'none', leafOnlyAdds: true, ordering: 'one-per-message' } as const),
      script: always([['HGET', DATA]], member),
    };
    const { bridge, device } = await run(options, { crashesOn: ['Add node'] });
    expect(await device.session(bridge)).toBe(true);
    expect(device.executed.filter((each) => each.startsWith('Add'))).toEqual([
      'Add ./DCMO/radio/Property',
      'Add ./DCMO/radio/Enabled',
    ]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    const failing = await run(options, { crashesOn: ['Add node'], codes: { 'Add ./DCMO/radio/Enabled': 500 } });
    await failing.device.session(failing.bridge);
    expect(failing.device.executed.at(-1)).toBe('Delete ./DCMO/radio');
    expect([...failing.device.tree.keys()].filter((place) => place.includes('radio'))).toEqual([]);
    expect(failing.bridge.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });

  test('leafOnlyAdds does not replace a leaf that exists already', async () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const { bridge, device } = await run(
      { profiles: profiled({ list: 'none', leafOnlyAdds: true }), script: always([['HGET', DATA]], member) },
      { codes: { 'Add ./DCMO/radio/Property': 418 } },
    );
    await device.session(bridge);
    expect(device.executed.filter((each) => each.startsWith('Replace'))).toEqual([]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });

  test('leafOnlyAdds refuses an interior node without a leaf before anything is written', async () => {
    const { bridge, device } = await run({
      profiles: profiled({ list: 'none', leafOnlyAdds: true }),
      script: always([['HGET', DATA]], { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Ext: {} } } }),
    });
    await device.session(bridge);
    expect(device.executed.filter((each) => !each.startsWith('Get'))).toEqual([]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [415]]);
  });
});

describe('learnt facts', () => {
  test('a learnt fact overrides the profile', async () => {
    const { bridge, device } = await run(
      { profiles: profiled({ ordering: 'sequence' }) },
      { codes: { Sequence: 406, Get: 215 } },
    );
    await device.session(bridge);
    expect((await bridge.state()).record.facts.ordering).toBe('one-per-message');
    const next = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    await next.session(bridge, '2');
    expect(next.messages).toEqual([['Get'], ['Get'], []]);
  });

  test.each(['Mod', 'DmV'])(
    'learnt facts are forgotten when DevInfo shows another %s, and the profile for it applies',
    async (name) => {
      const profiles: readonly ProfileRule[] = [
        { name: 'new', match: name === 'Mod' ? { model: 'other' } : { dmV: 'other' }, ordering: 'plain' },
      ];
      const { bridge, device } = await run({ profiles }, { crashesOn: ['Sequence'] });
      expect(await device.session(bridge)).toBe(false);
      await new QuirkyDevice(BRUCE, { leaves: LEAVES }).session(bridge, '2');
      expect((await bridge.state()).record.facts.ordering).toBe('one-per-message');
      const other = new QuirkyDevice(BRUCE, { leaves: LEAVES, devInfo: { [name]: 'other' } });
      await other.session(bridge, '3');
      expect(other.messages[0]).toEqual(['Get', 'Get']);
      expect((await bridge.state()).record.facts.ordering).toBeUndefined();
    },
  );

  test('learnt facts stay when a Replace of DevInfo names only the changed leaves', async () => {
    const { bridge, device } = await run({}, { crashesOn: ['Sequence'] });
    await device.session(bridge);
    const lang =
      '<Replace><CmdID>3</CmdID><Item><Source><LocURI>./DevInfo/Lang</LocURI></Source><Data>fr</Data></Item></Replace>';
    const first = packageOne(BRUCE, { sessionId: '2' }).replace(
      /<Item><Source><LocURI>\.\/DevInfo\/(Mod|DmV).*?<\/Item>/gu,
      '',
    );
    await bridge.say(first.replace('<Final/>', `${lang}<Final/>`));
    expect((await bridge.state()).record.facts.ordering).toBe('one-per-message');
  });
});

describe('an interrupted session', () => {
  test('a session interrupted right after its first Sequence is the last one with a Sequence', async () => {
    const { bridge, device } = await run({}, { crashesOn: ['Sequence'] });
    expect(await device.session(bridge)).toBe(false);
    expect(device.messages).toEqual([['Sequence', 'Get', 'Get']]);
    for (const sessionId of ['1', '2']) {
      const before = device.messages.length;
      expect(await new QuirkyDevice(BRUCE, {}).session(bridge, `9${before}${sessionId}`)).toBe(true);
    }
    expect(await device.session(bridge, '3')).toBe(true);
    expect(device.messages.slice(1)).toEqual([['Get'], ['Get'], []]);
    expect((await bridge.state()).record.facts).toMatchObject({ ordering: 'one-per-message' });
    expect(bridge.logs.filter((line) => line.includes('session.interrupted'))).toHaveLength(1);
  });

  test('a session interrupted under an Atomic is the last one with an Atomic, and the data is written without', async () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const { bridge, device } = await run({ script: always([['HGET', DATA]], member) }, { crashesOn: ['Atomic'] });
    expect(await device.session(bridge)).toBe(false);
    expect(await device.session(bridge, '2')).toBe(true);
    expect([...device.tree.keys()].filter((place) => place.includes('radio'))).toHaveLength(3);
    expect((await bridge.state()).record.facts).toMatchObject({ atomic: false });
    expect(bridge.packages().map(statusesIn).at(-1)).toEqual([200]);
  });

  test('a session that times out after its first Sequence counts as interrupted', async () => {
    const { bridge, device } = await run({}, { crashesOn: ['Sequence'] });
    await device.session(bridge);
    await bridge.clock.advance(900_001);
    await bridge.background();
    await bridge.drained();
    expect((await bridge.state()).record.facts.ordering).toBe('one-per-message');
  });

  test('a session that its device leaves counts as interrupted', async () => {
    const { bridge, device } = await run({}, { crashesOn: ['Sequence'] });
    await device.session(bridge);
    const outside = syncml({ sessionId: '7', msgId: 5, cred: basicCred(BRUCE) }, [note(1, 'lost')]);
    expect((await bridge.say(outside)).commands.map(({ name }) => name)).toEqual(['Alert']);
    expect((await bridge.state()).record.facts.ordering).toBe('one-per-message');
  });

  test('a session interrupted under several commands is followed by one with a command in each message', async () => {
    const { bridge, device } = await run(
      { profiles: profiled({ ordering: 'plain' }) },
      { crashesOn: ['Get ./DevDetail/FwV'] },
    );
    expect(await device.session(bridge)).toBe(false);
    const well = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    await well.session(bridge, '2');
    await well.session(bridge, '3');
    expect(well.messages).toEqual([['Get'], ['Get'], [], ['Get', 'Get'], []]);
  });

  test('a session interrupted after a Sequence that ran does not forbid Sequences', async () => {
    const { bridge, device } = await run(
      {
        script: always([
          ['GET', DEV_TYP],
          ['GET', FW_V],
          ['EXEC', UPDATE],
        ]),
      },
      { crashesOn: ['Exec'], leaves: LEAVES },
    );
    const twice: BackendScript = (_, count) =>
      count === 1 ? commands(...TWO_GETS) : commands(['EXEC', UPDATE], ['GET', FW_V]);
    bridge.script = twice;
    expect(await device.session(bridge)).toBe(false);
    bridge.script = () => noCommands();
    await new QuirkyDevice(BRUCE).session(bridge, '2');
    const { facts } = (await bridge.state()).record;
    expect(facts.ordering).toBeUndefined();
    expect(facts.strikes?.map(({ count }) => count)).toEqual([1, 1]);
  });
});

describe('quarantine', () => {
  const LIST = [
    ['GET', DEV_TYP],
    ['EXEC', UPDATE],
    ['GET', FW_V],
  ];
  const killed = () => run({ script: always(LIST) }, { crashesOn: ['Exec ./FUMO/Update'] });

  test('a command that interrupts three sessions in a row gets 500 at once, and the others run', async () => {
    const { bridge, device } = await killed();
    for (const sessionId of ['1', '2', '3']) expect(await device.session(bridge, sessionId)).toBe(false);
    await bridge.drained();
    expect(await device.session(bridge, '4')).toBe(true);
    await bridge.drained();
    // First together in one message, then one by one, so that the command at fault is found.
    expect(device.messages.slice(0, 3)).toEqual([['Sequence', 'Get', 'Exec', 'Get'], ['Get'], ['Exec']]);
    expect(
      bridge
        .packages()
        .at(-1)
        ?.Status?.map(({ sc }) => sc),
    ).toEqual([200, 500, 200]);
    const lines = bridge.logs.filter((line) => line.includes('command.quarantined'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(UPDATE);
    expect(bridge.logs.some((line) => line.includes('sessions broke off under it: 3'))).toBe(true);
    const { strikes } = (await bridge.state()).record.facts;
    expect(strikes?.map(({ command, count }) => [command, count])).toEqual([[JSON.stringify(['EXEC', UPDATE]), 3]]);
  });

  test('a quarantine survives a restart and allows one more try after a week', async () => {
    const { bridge, device } = await killed();
    for (const sessionId of ['1', '2', '3']) await device.session(bridge, sessionId);
    await bridge.drained();
    expect(await device.session(bridge, '4')).toBe(true);
    await bridge.drained();
    bridge.kill();
    await bridge.clock.advance(WEEK - 1);
    expect(await device.session(bridge, '5')).toBe(true);
    await bridge.clock.advance(1);
    expect(await device.session(bridge, '6')).toBe(false);
    await settle();
    expect(await device.session(bridge, '7')).toBe(true);
    const well = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    await bridge.clock.advance(WEEK);
    expect(await well.session(bridge, '8')).toBe(true);
    expect(well.executed).toContain('Exec ./FUMO/Update');
    expect((await bridge.state()).record.facts.strikes).toBeUndefined();
  });

  test('an answer of the device ends the count of interrupted sessions for a command', async () => {
    const { bridge, device } = await killed();
    await device.session(bridge, '1');
    await device.session(bridge, '2');
    const well = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    expect(await well.session(bridge, '3')).toBe(true);
    await bridge.drained();
    expect((await bridge.state()).record.facts.strikes).toBeUndefined();
    expect(well.messages).toEqual([['Get'], ['Exec'], ['Get'], []]);
    for (const sessionId of ['4', '5']) expect(await device.session(bridge, sessionId)).toBe(false);
    expect(await new QuirkyDevice(BRUCE, { leaves: LEAVES }).session(bridge, '6')).toBe(true);
  });

  test('a quarantine holds for one device alone', async () => {
    const { bridge, device } = await killed();
    for (const sessionId of ['1', '2', '3', '4']) await device.session(bridge, sessionId);
    const other = new QuirkyDevice({ devId: 'IMEI:2', user: 'austin', password: 'Groovy' }, { leaves: LEAVES });
    expect(await other.session(bridge)).toBe(true);
    expect(other.executed).toContain('Exec ./FUMO/Update');
  });

  test('a session without progress that the bridge aborts counts for the quarantine', async () => {
    const bridge = await BridgeUnderTest.open({ script: always([['EXEC', UPDATE]]) });
    for (const sessionId of ['1', '2', '3']) {
      const first = await bridge.say(packageOne(BRUCE, { sessionId }));
      const token = first.respUri?.split('/').at(-1);
      let last = first;
      for (let msgId = 2; !last.commands.some(({ node }) => textAt(node, 'Data') === '1223'); msgId += 1) {
        if (msgId > 60) throw new Error('the session does not end');
        last = await bridge.say(syncml({ sessionId, msgId }, [], false), { token });
      }
      await bridge.drained();
    }
    const next = await bridge.say(packageOne(BRUCE, { sessionId: '4' }));
    expect(next.commands).toEqual([]);
    expect(
      bridge
        .packages()
        .at(-1)
        ?.Status?.map(({ sc }) => sc),
    ).toEqual([500]);
  });

  test('a session that the device aborts, or whose command was answered, does not count for the quarantine', async () => {
    const bridge = await BridgeUnderTest.open({ script: always([['EXEC', UPDATE]]) });
    for (const sessionId of ['1', '2', '3', '4']) {
      const first = await bridge.say(packageOne(BRUCE, { sessionId }));
      const token = first.respUri?.split('/').at(-1);
      await bridge.post(syncml({ sessionId, msgId: 2 }, ['<Alert><CmdID>1</CmdID><Data>1223</Data></Alert>']), {
        token,
      });
    }
    const got = await bridge.post(packageOne(BRUCE, { sessionId: '5' }));
    expect(textAt(child(readXml(got.body), 'SyncBody', 'Exec'), 'Item', 'Target', 'LocURI')).toBe('./FUMO/Update');
  });
});
