/** What is known of a make beforehand, what a session observes, and what sessions that broke off teach. */
import { describe, expect, it } from 'vitest';
import type { ProfileRule } from '../../src/mapping/device-profile.ts';
import { basicCred, child, note, packageOne, readXml, syncml, textAt } from '../e2e/scripted-device.ts';
import { HabitDevice, type Habits } from './habits.ts';
import {
  BRUCE,
  commands,
  DEV_TYP,
  FW_V,
  noCommands,
  replied,
  Scene,
  type Script,
  settle,
  statusesIn,
  UPDATE,
} from './scene.ts';

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
function always(list: readonly (readonly string[])[], data: Readonly<Record<string, unknown>> = {}): Script {
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

async function run(options: Parameters<typeof Scene.open>[0], habits: Habits = {}) {
  const scene = await Scene.open({ script: always(TWO_GETS), ...options });
  const device = new HabitDevice(BRUCE, { leaves: LEAVES, ...habits });
  return { scene, device };
}

describe('a device profile', () => {
  it.each([
    ['sequence', [['Sequence', 'Get', 'Get'], []]],
    ['plain', [['Get', 'Get'], []]],
    ['one-per-message', [['Get'], ['Get'], []]],
  ] as const)('says how commands are put into messages: %s', async (ordering, expected) => {
    const { scene, device } = await run({ profiles: profiled({ ordering }) });
    await device.session(scene);
    expect(device.messages).toEqual(expected);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
    expect((await scene.state()).record.facts.ordering).toBeUndefined();
  });

  it('is found by the User-Agent, too, and by nothing else when that is not sent', async () => {
    const profiles: readonly ProfileRule[] = [{ name: 'a', match: { userAgent: '*engine*' }, ordering: 'plain' }];
    const { scene, device } = await run({ profiles }, { userAgent: 'The Engine/1.0' });
    await device.session(scene);
    expect(device.messages[0]).toEqual(['Get', 'Get']);
    const other = new HabitDevice(BRUCE, { leaves: LEAVES });
    await other.session(scene, '2');
    expect(other.messages[0]).toEqual(['Sequence', 'Get', 'Get']);
  });

  it('says which list works: nothing is tried out, and nothing is learnt', async () => {
    const { scene, device } = await run(
      { profiles: profiled({ list: 'none' }), script: always([['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//']]) },
      { lists: ['StructData'] },
    );
    await device.session(scene);
    expect(device.executed).toEqual(['Get ./DevDetail', 'Get ./DevDetail/DevTyp', 'Get ./DevDetail/FwV']);
    expect((await scene.state()).record.facts.list).toBeUndefined();
  });

  it('is overridden by 406 to its list, which is remembered for the next session', async () => {
    const { scene, device } = await run({
      profiles: profiled({ list: 'StructData' }),
      script: always([['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//']]),
    });
    await device.session(scene);
    expect(device.executed).toEqual([
      'Get ./DevDetail?list=StructData',
      'Get ./DevDetail?list=TNDS',
      'Get ./DevDetail?list=Struct',
      'Get ./DevDetail',
      'Get ./DevDetail/DevTyp',
      'Get ./DevDetail/FwV',
    ]);
    expect((await scene.state()).record.facts.list).toBe('none');
    const next = new HabitDevice(BRUCE, { leaves: LEAVES });
    await next.session(scene, '2');
    expect(next.executed[0]).toBe('Get ./DevDetail');
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200], undefined, [200]]);
  });

  it('is overridden by 406 when the device is searched for its MOs, too', async () => {
    const { scene, device } = await run({
      profiles: profiled({ list: 'StructData' }),
      script: always([['GET', `${DCMO}/usb/Property`]]),
    });
    await device.session(scene);
    expect(device.executed.filter((each) => each.includes('?list='))).toEqual([
      'Get .?list=Struct',
      'Get .?list=StructData',
      'Get ./DevInfo?list=TNDS',
    ]);
    expect((await scene.state()).record.facts.list).toBe('none');
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('wins where the device says it can take more: maxMsgSize', async () => {
    const { scene, device } = await run({ profiles: profiled({ ordering: 'plain', maxMsgSize: 1000 }) });
    await device.session(scene);
    expect(device.messages).toEqual([['Get'], ['Get'], []]);
    expect(device.got.every(({ body }) => Buffer.byteLength(body) <= 1000)).toBe(true);
  });

  it('with maxObjSize: what is larger is never sent, and is answered 506', async () => {
    const script: Script = ({ purpose, body }) => {
      if (purpose === 'repository') return replied('x'.repeat(300), 200, { 'content-type': 'text/plain' });
      const text = body !== undefined && 'text' in body ? body.text : '';
      return text.includes('"Status"') ? noCommands() : commands(['HGET', DATA, `${DCMO}/usb/Property`]);
    };
    const { scene, device } = await run({ profiles: profiled({ list: 'none', maxObjSize: 299 }), script });
    await device.session(scene);
    expect(device.executed.filter((each) => each.startsWith('Replace'))).toEqual([]);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [506]]);
  });

  it('with leafOnlyAdds: a new instance comes into being by its leaves, and goes as a whole when one fails', async () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const options = {
      profiles: profiled({ list: 'none', leafOnlyAdds: true, ordering: 'one-per-message' } as const),
      script: always([['HGET', DATA]], member),
    };
    const { scene, device } = await run(options, { diesOf: ['Add node'] });
    expect(await device.session(scene)).toBe(true);
    expect(device.executed.filter((each) => each.startsWith('Add'))).toEqual([
      'Add ./DCMO/radio/Property',
      'Add ./DCMO/radio/Enabled',
    ]);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
    const failing = await run(options, { diesOf: ['Add node'], codes: { 'Add ./DCMO/radio/Enabled': 500 } });
    await failing.device.session(failing.scene);
    expect(failing.device.executed.at(-1)).toBe('Delete ./DCMO/radio');
    expect([...failing.device.tree.keys()].filter((place) => place.includes('radio'))).toEqual([]);
    expect(failing.scene.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });

  it("with leafOnlyAdds: a leaf that is there already belongs to another's instance, and is not replaced", async () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const { scene, device } = await run(
      { profiles: profiled({ list: 'none', leafOnlyAdds: true }), script: always([['HGET', DATA]], member) },
      { codes: { 'Add ./DCMO/radio/Property': 418 } },
    );
    await device.session(scene);
    expect(device.executed.filter((each) => each.startsWith('Replace'))).toEqual([]);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });

  it('with leafOnlyAdds: an interior node without a leaf is refused before anything is written', async () => {
    const { scene, device } = await run({
      profiles: profiled({ list: 'none', leafOnlyAdds: true }),
      script: always([['HGET', DATA]], { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Ext: {} } } }),
    });
    await device.session(scene);
    expect(device.executed.filter((each) => !each.startsWith('Get'))).toEqual([]);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [415]]);
  });
});

describe('what was learnt', () => {
  it('wins over the profile', async () => {
    const { scene, device } = await run(
      { profiles: profiled({ ordering: 'sequence' }) },
      { codes: { Sequence: 406, Get: 215 } },
    );
    await device.session(scene);
    expect((await scene.state()).record.facts.ordering).toBe('one-per-message');
    const next = new HabitDevice(BRUCE, { leaves: LEAVES });
    await next.session(scene, '2');
    expect(next.messages).toEqual([['Get'], ['Get'], []]);
  });

  it.each(['Mod', 'DmV'])(
    'is forgotten when DevInfo shows another %s, and the new make has its own profile',
    async (name) => {
      const profiles: readonly ProfileRule[] = [
        { name: 'new', match: name === 'Mod' ? { model: 'other' } : { dmV: 'other' }, ordering: 'plain' },
      ];
      const { scene, device } = await run({ profiles }, { diesOf: ['Sequence'] });
      expect(await device.session(scene)).toBe(false);
      await new HabitDevice(BRUCE, { leaves: LEAVES }).session(scene, '2');
      expect((await scene.state()).record.facts.ordering).toBe('one-per-message');
      const other = new HabitDevice(BRUCE, { leaves: LEAVES, devInfo: { [name]: 'other' } });
      await other.session(scene, '3');
      expect(other.messages[0]).toEqual(['Get', 'Get']);
      expect((await scene.state()).record.facts.ordering).toBeUndefined();
    },
  );

  it('stays when a Replace of DevInfo names only what changed', async () => {
    const { scene, device } = await run({}, { diesOf: ['Sequence'] });
    await device.session(scene);
    const lang =
      '<Replace><CmdID>3</CmdID><Item><Source><LocURI>./DevInfo/Lang</LocURI></Source><Data>fr</Data></Item></Replace>';
    const first = packageOne(BRUCE, { sessionId: '2' }).replace(
      /<Item><Source><LocURI>\.\/DevInfo\/(Mod|DmV).*?<\/Item>/gu,
      '',
    );
    await scene.say(first.replace('<Final/>', `${lang}<Final/>`));
    expect((await scene.state()).record.facts.ordering).toBe('one-per-message');
  });
});

describe('a session that breaks off', () => {
  it('right after its first Sequence is the last one with a Sequence, which is remembered', async () => {
    const { scene, device } = await run({}, { diesOf: ['Sequence'] });
    expect(await device.session(scene)).toBe(false);
    expect(device.messages).toEqual([['Sequence', 'Get', 'Get']]);
    for (const sessionId of ['1', '2']) {
      const before = device.messages.length;
      expect(await new HabitDevice(BRUCE, {}).session(scene, `9${before}${sessionId}`)).toBe(true);
    }
    expect(await device.session(scene, '3')).toBe(true);
    expect(device.messages.slice(1)).toEqual([['Get'], ['Get'], []]);
    expect((await scene.state()).record.facts).toMatchObject({ ordering: 'one-per-message' });
    expect(scene.logs.filter((line) => line.includes('session.interrupted'))).toHaveLength(1);
  });

  it('under an Atomic is the last one with an Atomic; the same data is then written without', async () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const { scene, device } = await run({ script: always([['HGET', DATA]], member) }, { diesOf: ['Atomic'] });
    expect(await device.session(scene)).toBe(false);
    expect(await device.session(scene, '2')).toBe(true);
    expect([...device.tree.keys()].filter((place) => place.includes('radio'))).toHaveLength(3);
    expect((await scene.state()).record.facts).toMatchObject({ atomic: false });
    expect(scene.packages().map(statusesIn).at(-1)).toEqual([200]);
  });

  it('by silence counts as well, when it times out', async () => {
    const { scene, device } = await run({}, { diesOf: ['Sequence'] });
    await device.session(scene);
    await scene.clock.advance(900_001);
    await scene.background();
    await scene.drained();
    expect((await scene.state()).record.facts.ordering).toBe('one-per-message');
  });

  it('because the device goes on outside of it counts as well', async () => {
    const { scene, device } = await run({}, { diesOf: ['Sequence'] });
    await device.session(scene);
    const stray = syncml({ sessionId: '7', msgId: 5, cred: basicCred(BRUCE) }, [note(1, 'lost')]);
    expect((await scene.say(stray)).commands.map(({ name }) => name)).toEqual(['Alert']);
    expect((await scene.state()).record.facts.ordering).toBe('one-per-message');
  });

  it('with several commands in one message is followed by one with one in each, whatever the profile says', async () => {
    const { scene, device } = await run(
      { profiles: profiled({ ordering: 'plain' }) },
      { diesOf: ['Get ./DevDetail/FwV'] },
    );
    expect(await device.session(scene)).toBe(false);
    const well = new HabitDevice(BRUCE, { leaves: LEAVES });
    await well.session(scene, '2');
    await well.session(scene, '3');
    expect(well.messages).toEqual([['Get'], ['Get'], [], ['Get', 'Get'], []]);
  });

  it('after a Sequence that ran teaches nothing about Sequences', async () => {
    const { scene, device } = await run(
      {
        script: always([
          ['GET', DEV_TYP],
          ['GET', FW_V],
          ['EXEC', UPDATE],
        ]),
      },
      { diesOf: ['Exec'], leaves: LEAVES },
    );
    const twice: Script = (_, count) =>
      count === 1 ? commands(...TWO_GETS) : commands(['EXEC', UPDATE], ['GET', FW_V]);
    scene.script = twice;
    expect(await device.session(scene)).toBe(false);
    scene.script = () => noCommands();
    await new HabitDevice(BRUCE).session(scene, '2');
    const { facts } = (await scene.state()).record;
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
  const killed = () => run({ script: always(LIST) }, { diesOf: ['Exec ./FUMO/Update'] });

  it('field note 21: a command that breaks three sessions in a row is answered 500 at once; the others run', async () => {
    const { scene, device } = await killed();
    for (const sessionId of ['1', '2', '3']) expect(await device.session(scene, sessionId)).toBe(false);
    await scene.drained();
    expect(await device.session(scene, '4')).toBe(true);
    await scene.drained();
    // Together in one message, then one by one, so that the innocent are found out.
    expect(device.messages.slice(0, 3)).toEqual([['Sequence', 'Get', 'Exec', 'Get'], ['Get'], ['Exec']]);
    expect(
      scene
        .packages()
        .at(-1)
        ?.Status?.map(({ sc }) => sc),
    ).toEqual([200, 500, 200]);
    const lines = scene.logs.filter((line) => line.includes('command.quarantined'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(UPDATE);
    expect(scene.logs.some((line) => line.includes('sessions broke off under it: 3'))).toBe(true);
    const { strikes } = (await scene.state()).record.facts;
    expect(strikes?.map(({ command, count }) => [command, count])).toEqual([[JSON.stringify(['EXEC', UPDATE]), 3]]);
  });

  it('survives a restart of the bridge, and lets the command try once more after a week', async () => {
    const { scene, device } = await killed();
    for (const sessionId of ['1', '2', '3']) await device.session(scene, sessionId);
    await scene.drained();
    expect(await device.session(scene, '4')).toBe(true);
    await scene.drained();
    scene.kill();
    await scene.clock.advance(WEEK - 1);
    expect(await device.session(scene, '5')).toBe(true);
    await scene.clock.advance(1);
    expect(await device.session(scene, '6')).toBe(false);
    await settle();
    expect(await device.session(scene, '7')).toBe(true);
    const well = new HabitDevice(BRUCE, { leaves: LEAVES });
    await scene.clock.advance(WEEK);
    expect(await well.session(scene, '8')).toBe(true);
    expect(well.executed).toContain('Exec ./FUMO/Update');
    expect((await scene.state()).record.facts.strikes).toBeUndefined();
  });

  it('counts in a row only: an answer clears the command', async () => {
    const { scene, device } = await killed();
    await device.session(scene, '1');
    await device.session(scene, '2');
    const well = new HabitDevice(BRUCE, { leaves: LEAVES });
    expect(await well.session(scene, '3')).toBe(true);
    await scene.drained();
    expect((await scene.state()).record.facts.strikes).toBeUndefined();
    expect(well.messages).toEqual([['Get'], ['Exec'], ['Get'], []]);
    for (const sessionId of ['4', '5']) expect(await device.session(scene, sessionId)).toBe(false);
    expect(await new HabitDevice(BRUCE, { leaves: LEAVES }).session(scene, '6')).toBe(true);
  });

  it('is for that device alone', async () => {
    const { scene, device } = await killed();
    for (const sessionId of ['1', '2', '3', '4']) await device.session(scene, sessionId);
    const other = new HabitDevice({ devId: 'IMEI:2', user: 'austin', password: 'Groovy' }, { leaves: LEAVES });
    expect(await other.session(scene)).toBe(true);
    expect(other.executed).toContain('Exec ./FUMO/Update');
  });

  it('counts a session that goes round in circles under the command until the bridge gives up', async () => {
    const scene = await Scene.open({ script: always([['EXEC', UPDATE]]) });
    for (const sessionId of ['1', '2', '3']) {
      const first = await scene.say(packageOne(BRUCE, { sessionId }));
      const token = first.respUri?.split('/').at(-1);
      let last = first;
      for (let msgId = 2; !last.commands.some(({ node }) => textAt(node, 'Data') === '1223'); msgId += 1) {
        if (msgId > 60) throw new Error('the session does not end');
        last = await scene.say(syncml({ sessionId, msgId }, [], false), { token });
      }
      await scene.drained();
    }
    const next = await scene.say(packageOne(BRUCE, { sessionId: '4' }));
    expect(next.commands).toEqual([]);
    expect(
      scene
        .packages()
        .at(-1)
        ?.Status?.map(({ sc }) => sc),
    ).toEqual([500]);
  });

  it('does not count a session that the device aborts, nor one whose command was answered', async () => {
    const scene = await Scene.open({ script: always([['EXEC', UPDATE]]) });
    for (const sessionId of ['1', '2', '3', '4']) {
      const first = await scene.say(packageOne(BRUCE, { sessionId }));
      const token = first.respUri?.split('/').at(-1);
      await scene.post(syncml({ sessionId, msgId: 2 }, ['<Alert><CmdID>1</CmdID><Data>1223</Data></Alert>']), {
        token,
      });
    }
    const got = await scene.post(packageOne(BRUCE, { sessionId: '5' }));
    expect(textAt(child(readXml(got.body), 'SyncBody', 'Exec'), 'Item', 'Target', 'LocURI')).toBe('./FUMO/Update');
  });
});
