import { describe, expect, it } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { cmdIdOf, get, headerOk, LockStep, leaf, measureXml, outline, replace, results, status } from './lock-step.ts';

const ATOMIC: ServerCommand = {
  id: 'at',
  name: 'Atomic',
  items: [],
  members: [replace('m1'), replace('m2'), replace('m3')],
};
const DISPLAY: ServerCommand = {
  id: 'ui',
  name: 'Alert',
  alertCode: '1100',
  items: [{ data: 'MINDT=10' }, { data: 'Hello' }],
};

function own(message: Parameters<typeof outline>[0]): readonly string[] {
  return outline(message).filter((each) => !each.startsWith('Status'));
}

function joined(command: ServerCommand): ServerCommand {
  return { ...command, withPrevious: true };
}

describe('commands out', () => {
  it.each([
    ['sequence', ['Sequence[Get,Replace]', 'Final']],
    ['plain', ['Get', 'Replace', 'Final']],
    ['one-per-message', ['Get', 'Final']],
  ] as const)('puts plain commands together: %s', (ordering, expected) => {
    expect(own(new LockStep({ ordering }).begins(get('a'), replace('b')))).toEqual(expected);
  });

  it('sends a UI Alert and an Atomic alone, in the order planned', () => {
    const peer = new LockStep();
    const packages = [own(peer.begins(get('a'), DISPLAY, ATOMIC, get('b'), get('c')))];
    while (peer.session.queue.length > 0) {
      peer.says([headerOk(peer.session.nextMsgId - 1)]);
      packages.push(own(peer.answers()));
    }
    expect(packages).toEqual([
      ['Get', 'Final'],
      ['Alert:1100', 'Final'],
      ['Atomic[Replace,Replace,Replace]', 'Final'],
      ['Sequence[Get,Get]', 'Final'],
    ]);
  });

  it.each<[string, readonly ServerCommand[], readonly string[]]>([
    [
      'a UI Alert with what depends on it',
      [DISPLAY, joined(replace('a')), replace('b')],
      ['Sequence[Alert:1100,Replace]', 'Final'],
    ],
    [
      'plain commands and a UI Alert',
      [replace('a'), replace('b'), joined(DISPLAY), replace('c')],
      ['Sequence[Replace,Replace,Alert:1100]', 'Final'],
    ],
    [
      'an Atomic, which is in no Sequence',
      [replace('a'), joined(ATOMIC)],
      ['Replace', 'Atomic[Replace,Replace,Replace]', 'Final'],
    ],
  ])('sends together what the planner joins: %s', (_, plan, expected) => {
    expect(own(new LockStep().begins(...plan))).toEqual(expected);
  });

  it('numbers containers and members in document order', () => {
    const message = new LockStep().begins(get('a'), get('b'));
    expect([0, 1, 2].map((index) => cmdIdOf(message, index))).toEqual(['4', '5', '6']);
  });

  it('cuts between members at MaxMsgSize, wasting less than one command', () => {
    const peer = new LockStep();
    peer.says([headerOk(1)], { meta: { maxMsgSize: 2000 } });
    peer.plans(...Array.from({ length: 30 }, (_, index) => replace(`n${index}`, 'v'.repeat(40))));
    const sent: number[] = [];
    for (;;) {
      const message = peer.answers();
      if (own(message).length === 1) break;
      const size = measureXml(message);
      expect(size).toBeLessThanOrEqual(2000);
      sent.push(peer.session.outstanding.length);
      if (peer.session.queue.length > 0) expect(size).toBeGreaterThan(2000 - 320);
      const { msgId } = message.header;
      peer.says([headerOk(msgId), status(msgId, 2, 'Sequence', 200)]);
    }
    expect(sent.reduce((sum, count) => sum + count)).toBe(30);
    expect(peer.told).toEqual(Array.from({ length: 30 }, (_, index) => `n${index}:200`));
  });

  it('sends the Statuses first when a command fits only without them', () => {
    const peer = new LockStep();
    peer.says(
      [
        { ...headerOk(1) },
        ...Array.from({ length: 6 }, () => ({ name: 'Alert' as const, cmdId: '9', data: '1224', items: [] })),
      ],
      {
        meta: { maxMsgSize: 1800 },
      },
    );
    peer.plans(replace('b', 'x'.repeat(700)));
    expect(own(peer.answers())).toEqual(['Alert:1222']);
    peer.says([headerOk(1)], { final: false });
    expect(own(peer.answers())).toEqual(['Replace', 'Final']);
  });

  it('aborts when MaxMsgSize has no room for header, Statuses and 64 bytes', () => {
    const peer = new LockStep();
    peer.says([headerOk(1)], { meta: { maxMsgSize: 300 } });
    peer.plans(get('a'));
    expect(own(peer.answers())).toEqual(['Alert:1223', 'Final']);
    expect(peer.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
  });

  it.each<[string, ServerCommand, number]>([
    ['a Get', get('g', `./${'long/'.repeat(300)}x`), 420],
    ['an Atomic', { id: 'g', name: 'Atomic', items: [], members: [replace('m', 'y'.repeat(1500))] }, 517],
  ])('gives %s that no message can carry its outcome, and keeps the session for what follows', (_, command, code) => {
    const peer = new LockStep();
    peer.says([headerOk(1)], { meta: { maxMsgSize: 1500 } });
    peer.plans(command);
    const message = peer.answers();
    expect(own(message)).toEqual(['Get', 'Final']);
    expect(peer.told).toEqual([`g:${code}`]);
    peer.says([headerOk(1), status(1, 2, 'Get', 200)]);
    peer.plans(get('next'));
    expect(own(peer.answers())).toEqual(['Get', 'Final']);
    expect(peer.session.outstanding).toHaveLength(1);
  });
});

describe('a command that is not to be cut', () => {
  const undivided = (length: number): ServerCommand => ({ ...replace('u', 'x'.repeat(length)), undivided: true });

  function sent(command: ServerCommand, limits: { readonly maxMsgSize: number; readonly maxObjSize?: number }) {
    const peer = new LockStep();
    peer.says([headerOk(1)], { meta: limits });
    peer.plans(command);
    return { peer, names: own(peer.answers()) };
  }

  it('goes where it fits', () => {
    expect(sent(undivided(500), { maxMsgSize: 1500 }).names).toEqual(['Replace', 'Final']);
  });

  it('stays where it does not: 413 of our own, and the session goes on', () => {
    const { peer, names } = sent(undivided(1500), { maxMsgSize: 1500 });
    expect(peer.outcomes).toMatchObject([{ id: 'u', status: 413, unsent: true }]);
    expect(names).toEqual(['Get', 'Final']);
  });

  it('goes in chunks to a device that tells MaxObjSize, unless it is larger', () => {
    expect(sent(undivided(1500), { maxMsgSize: 1500, maxObjSize: 2000 }).names[0]).toBe('Replace+');
    const { peer } = sent(undivided(1500), { maxMsgSize: 1500, maxObjSize: 1000 });
    expect(peer.outcomes).toMatchObject([{ id: 'u', status: 420, unsent: true }]);
  });

  it('an answer of the device is never marked so', () => {
    const { peer } = sent(undivided(10), { maxMsgSize: 1500 });
    peer.says([headerOk(1), status(1, 2, 'Replace', 413)]);
    expect(peer.outcomes).toMatchObject([{ id: 'u', status: 413 }]);
    expect(peer.outcomes[0]).not.toHaveProperty('unsent');
  });
});

describe('a command that is longer than a message', () => {
  it.each([
    [1000, 'Replace+'],
    [0, 'Replace'],
  ])('of %i characters goes as %s', (length, expected) => {
    const peer = new LockStep();
    peer.says([headerOk(1)], { meta: { maxMsgSize: 1400 } });
    peer.plans(replace('a', 'x'.repeat(length)));
    expect(own(peer.answers())[0]).toBe(expected);
  });
});

describe('limits of the device', () => {
  it('hold until it names others; 0 is none', () => {
    const peer = new LockStep();
    peer.says([], { meta: { maxMsgSize: 2000, maxObjSize: 5000 }, final: false });
    peer.says([], { final: false });
    expect([peer.session.maxMsgSize, peer.session.maxObjSize]).toEqual([2000, 5000]);
    peer.says([], { meta: { maxMsgSize: 0, maxObjSize: 100 } });
    expect([peer.session.maxMsgSize, peer.session.maxObjSize]).toEqual([2000, 100]);
  });
});

describe('Statuses in', () => {
  it('gives the outcomes at the Final of the device, in the order planned', () => {
    const peer = new LockStep();
    peer.begins(get('a'), replace('b'), get('c'));
    peer.says(
      [
        headerOk(1),
        status(1, 7, 'Get', 404),
        status(1, 6, 'Replace', 418),
        results(1, 5, [leaf('./a', 'A')]),
        status(1, 5, 'Get', 200),
      ],
      {
        final: false,
      },
    );
    peer.answers();
    expect(peer.told).toEqual([]);
    peer.says([headerOk(2)]);
    expect(peer.told).toEqual(['a:200', 'b:418', 'c:404']);
  });

  it('accumulates Results of one Get over elements and messages, Meta of the command under that of the Item', () => {
    const peer = new LockStep();
    peer.begins(get('a', './a?list=StructData'));
    const meta = { format: 'chr', type: 'text/plain' };
    peer.says(
      [headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [leaf('./a', undefined, { format: 'node' })], { meta })],
      { final: false },
    );
    peer.answers();
    peer.says([
      headerOk(2),
      results(1, 4, [leaf('./a/b', '1')], { meta }),
      results(1, 4, [{ data: '2' }], { sourceRef: './a/c' }),
    ]);
    expect(peer.outcomes[0]?.results).toEqual([
      { source: './a', meta: { format: 'node', type: 'text/plain' } },
      { source: './a/b', data: '1', meta },
      { source: './a/c', data: '2' },
    ]);
  });

  it('reads wrong MsgRefs as the outstanding command with that CmdID and name (§11.2.5)', () => {
    const peer = new LockStep();
    peer.begins(get('a'));
    peer.says([headerOk(7), status(7, 4, 'Get', 200), results(7, 4, [leaf('./a', 'A')])]);
    peer.plans(replace('b'));
    peer.answers();
    peer.says([headerOk(2), status(1, 2, 'Replace', 418)]);
    expect(peer.told).toEqual(['a:200', 'b:418']);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  it('does not let a second Status or one of another Cmd overwrite an answer', () => {
    const peer = new LockStep();
    peer.begins(replace('a'));
    peer.says([headerOk(1), status(1, 4, 'Replace', 200), status(1, 4, 'Replace', 500), status(1, 4, 'Delete', 404)]);
    expect(peer.told).toEqual(['a:200']);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toHaveLength(2);
  });

  it.each<[string, Parameters<LockStep['says']>[0], string]>([
    ['Get with 200 and no Results', [status(1, 4, 'Get', 200)], 'a:500'],
    ['Results and no Status', [results(1, 4, [leaf('./a', 'A')])], 'a:200'],
    ['neither', [], 'a:500'],
    ['101 and nothing after it', [status(1, 4, 'Get', 101)], 'a:500'],
    ['101, then the status', [status(1, 4, 'Get', 101), status(1, 4, 'Get', 404)], 'a:404'],
  ])('reads %s', (_, said, outcome) => {
    const peer = new LockStep();
    peer.begins(get('a'));
    peer.says([headerOk(1), ...said]);
    expect(peer.told).toEqual([outcome]);
  });

  it.each([
    [202, 202],
    [101, 202],
    [406, 406],
  ])('reads %i on Exec as %i', (code, outcome) => {
    const peer = new LockStep();
    peer.begins({ id: 'e', name: 'Exec', items: [{ target: './e' }] });
    peer.says([headerOk(1), status(1, 4, 'Exec', code)]);
    expect(peer.told).toEqual([`e:${outcome}`]);
  });

  it('takes one Status per Item: the first that is no success counts, the answers of a user are kept', () => {
    const peer = new LockStep();
    peer.begins({ id: 'd', name: 'Delete', items: [{ target: './x' }, { target: './y' }, { target: './z' }] });
    peer.says([
      headerOk(1),
      status(1, 4, 'Delete', 200, { targetRefs: ['./x'] }),
      status(1, 4, 'Delete', 404, { targetRefs: ['./y'] }),
      status(1, 4, 'Delete', 425, { targetRefs: ['./z'] }),
    ]);
    expect(peer.told).toEqual(['d:404']);
    expect(peer.outcomes[0]?.itemStatuses.map(({ target, status: code }) => `${target} ${code}`)).toEqual([
      './x 200',
      './y 404',
      './z 425',
    ]);
    peer.plans(DISPLAY);
    peer.answers();
    peer.says([headerOk(2), status(2, 2, 'Alert', 200, { items: [{ data: '3' }, { data: '2' }] })]);
    expect(peer.outcomes[1]?.statusItems).toEqual([{ data: '3' }, { data: '2' }]);
  });

  it('reads a member without Status from its Sequence', () => {
    const peer = new LockStep();
    peer.begins(replace('a'), replace('b'));
    peer.says([headerOk(1), status(1, 4, 'Sequence', 200), status(1, 5, 'Replace', 404)]);
    expect(peer.told).toEqual(['a:404', 'b:200']);
  });

  it('notes Statuses and Results for nothing that was sent', () => {
    const peer = new LockStep();
    peer.begins(replace('a'));
    peer.says([
      headerOk(1),
      status(1, 4, 'Replace', 200),
      status(1, 44, 'Get', 200),
      results(9, 9, [leaf('./x', 'X')]),
    ]);
    expect(peer.told).toEqual(['a:200']);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toHaveLength(2);
  });

  it('takes a SyncHdr Status that refuses the message for every command, and aborts', () => {
    const peer = new LockStep();
    peer.begins(replace('a'), replace('b'));
    peer.says([headerOk(1, 503), status(1, 5, 'Replace', 200)]);
    expect(peer.told).toEqual(['a:200', 'b:503']);
    expect(own(peer.answers())).toEqual(['Alert:1223', 'Final']);
  });
});

describe('a device that takes no Sequence', () => {
  it.each([
    ['406, members left out', 406, []],
    ['405, members left out', 405, []],
    ['500, members 215', 500, [215, 215]],
    ['501, members the same', 501, [501, 501]],
  ])('gets the commands one by one: %s', (_, code, members) => {
    const peer = new LockStep();
    peer.begins(replace('a'), replace('b'));
    peer.plans(get('c'));
    peer.says([
      headerOk(1),
      status(1, 4, 'Sequence', code),
      ...members.map((member, index) => status(1, 5 + index, 'Replace', member)),
    ]);
    expect(peer.told).toEqual([]);
    expect(peer.effects).toContainEqual({ type: 'sequenceUnsupported' });
    for (const expected of ['Replace', 'Replace', 'Get']) {
      const message = peer.answers();
      expect(own(message)).toEqual([expected, 'Final']);
      peer.says([headerOk(message.header.msgId), status(message.header.msgId, 2, expected, 404)]);
    }
    expect(peer.told).toEqual(['a:404', 'b:404', 'c:404']);
  });

  it('does not repeat what may have run', () => {
    const peer = new LockStep();
    peer.begins(replace('a'), replace('b'));
    peer.says([headerOk(1), status(1, 4, 'Sequence', 500), status(1, 5, 'Replace', 200)]);
    expect(peer.told).toEqual(['a:200', 'b:500']);
    expect(peer.effects).not.toContainEqual({ type: 'sequenceUnsupported' });
  });

  it('learns from silence, too', () => {
    const peer = new LockStep();
    peer.begins(replace('a'), replace('b'));
    peer.says([headerOk(1)]);
    expect(peer.told).toEqual(['a:500', 'b:500']);
    expect(peer.session.ordering).toBe('one-per-message');
  });
});

describe('Atomic', () => {
  it.each<[string, readonly (number | undefined)[], number, readonly number[]]>([
    ['all good', [200, 200, 200, 200], 200, [200, 200, 200]],
    ['failed and rolled back', [507, 216, 404, 215], 507, [216, 404, 215]],
    ['failed, the rest left out', [507, 216, 404], 507, [216, 404, 215]],
    ['roll-back failed', [507, 516, 404, 215], 507, [516, 404, 215]],
    ['too large to answer', [517], 517, [215, 215, 215]],
    ['without its own Status, all good', [undefined, 200, 200, 200], 200, [200, 200, 200]],
    ['without its own Status, one failed', [undefined, 200, 404, 215], 404, [200, 404, 215]],
    ['without its own Status, one left out', [undefined, 200, 200], 500, [200, 200, 500]],
    ['members left out of a success', [200], 200, [200, 200, 200]],
    ['nothing at all', [], 500, [500, 500, 500]],
    ['not supported', [406], 406, [215, 215, 215]],
  ])('%s', (_, codes, expected, members) => {
    const peer = new LockStep();
    peer.begins(ATOMIC);
    const statuses = codes.flatMap((code, index) =>
      code === undefined ? [] : [status(1, 4 + index, index === 0 ? 'Atomic' : 'Replace', code)],
    );
    peer.says([headerOk(1), ...statuses]);
    expect(peer.told).toEqual([`at:${expected}`]);
    expect(peer.outcomes[0]?.members?.map(({ status: code }) => code)).toEqual(members);
  });
});
