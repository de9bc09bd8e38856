/** Outcomes of commands from the Statuses and Results of a device (DM-1.3 §6.5; DMREPPRO "Status", "Results", "Atomic"). */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { get, headerOk, LockStep, leaf, outline, replace, results, status } from './lock-step.ts';

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

describe('the outcome of a command', () => {
  test('is reported at the Final of the device, in the order planned', () => {
    const device = new LockStep();
    device.begins(get('a'), replace('b'), get('c'));
    device.says(
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
    device.answers();
    expect(device.outcomeStatuses).toEqual([]);
    device.says([headerOk(2)]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:418', 'c:404']);
  });

  test('has the Results of several elements and messages, with Meta of the command under that of the Item', () => {
    const device = new LockStep();
    device.begins(get('a', './a?list=StructData'));
    const meta = { format: 'chr', type: 'text/plain' };
    device.says(
      [headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [leaf('./a', undefined, { format: 'node' })], { meta })],
      { final: false },
    );
    device.answers();
    device.says([
      headerOk(2),
      results(1, 4, [leaf('./a/b', '1')], { meta }),
      results(1, 4, [{ data: '2' }], { sourceRef: './a/c' }),
    ]);
    expect(device.outcomes[0]?.results).toEqual([
      { source: './a', meta: { format: 'node', type: 'text/plain' } },
      { source: './a/b', data: '1', meta },
      { source: './a/c', data: '2' },
    ]);
  });

  test.each([
    ['SourceRef of the Results', { sourceRef: './r', targetRef: './t' }, './r'],
    ['TargetRef of the Results', { targetRef: './t' }, './t'],
    ['target of the Get', {}, './a'],
  ])('names the node of an Item without address by the %s', (_, refs, source) => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [{ data: 'A' }], refs)]);
    expect(device.outcomes[0]?.results).toEqual([{ source, data: 'A' }]);
  });

  test('is found by CmdID and name when the MsgRef is wrong (DM-1.3 §11.2.5)', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(7), status(7, 4, 'Get', 200), results(7, 4, [leaf('./a', 'A')])]);
    device.plans(replace('b'));
    device.answers();
    device.says([headerOk(2), status(1, 2, 'Replace', 418)]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:418']);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  test('is not changed by a second Status or by one of another Cmd', () => {
    const device = new LockStep();
    device.begins(replace('a'));
    device.says([headerOk(1), status(1, 4, 'Replace', 200), status(1, 4, 'Replace', 500), status(1, 4, 'Delete', 404)]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toHaveLength(2);
  });

  test.each<[string, Parameters<LockStep['says']>[0], string]>([
    ['Get with 200 and no Results', [status(1, 4, 'Get', 200)], 'a:500'],
    ['Results and no Status', [results(1, 4, [leaf('./a', 'A')])], 'a:200'],
    ['neither', [], 'a:500'],
    ['213 and no end of the Results', [status(1, 4, 'Get', 213), results(1, 4, [leaf('./a', 'A')])], 'a:206'],
    [
      '213, then the status',
      [status(1, 4, 'Get', 213), status(1, 4, 'Get', 200), results(1, 4, [leaf('./a')])],
      'a:200',
    ],
    ['206', [status(1, 4, 'Get', 206), results(1, 4, [leaf('./a', 'A')])], 'a:206'],
    ['101 and nothing after it', [status(1, 4, 'Get', 101)], 'a:500'],
    ['101, then the status', [status(1, 4, 'Get', 101), status(1, 4, 'Get', 404)], 'a:404'],
  ])('is read from %s', (_, said, outcome) => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(1), ...said]);
    expect(device.outcomeStatuses).toEqual([outcome]);
  });

  test.each([
    [202, 202],
    [101, 202],
    [406, 406],
  ])('of an Exec with the Status %i is %i', (code, outcome) => {
    const device = new LockStep();
    device.begins({ id: 'e', name: 'Exec', items: [{ target: './e' }] });
    device.says([headerOk(1), status(1, 4, 'Exec', code)]);
    expect(device.outcomeStatuses).toEqual([`e:${outcome}`]);
  });

  test('has one Status per Item, and the first that is not 2xx decides; it has the answers of a user', () => {
    const device = new LockStep();
    device.begins({ id: 'd', name: 'Delete', items: [{ target: './x' }, { target: './y' }, { target: './z' }] });
    device.says([
      headerOk(1),
      status(1, 4, 'Delete', 200, { targetRefs: ['./x'] }),
      status(1, 4, 'Delete', 404, { targetRefs: ['./y'] }),
      status(1, 4, 'Delete', 425, { targetRefs: ['./z'] }),
    ]);
    expect(device.outcomeStatuses).toEqual(['d:404']);
    expect(device.outcomes[0]?.itemStatuses.map(({ target, status: code }) => `${target} ${code}`)).toEqual([
      './x 200',
      './y 404',
      './z 425',
    ]);
    device.plans(DISPLAY);
    device.answers();
    device.says([headerOk(2), status(2, 2, 'Alert', 200, { items: [{ data: '3' }, { data: '2' }] })]);
    expect(device.outcomes[1]?.statusItems).toEqual([{ data: '3' }, { data: '2' }]);
  });

  test('of a member without Status is that of its Sequence', () => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    device.says([headerOk(1), status(1, 4, 'Sequence', 200), status(1, 5, 'Replace', 404)]);
    expect(device.outcomeStatuses).toEqual(['a:404', 'b:200']);
  });

  test('ignores Statuses and Results for commands that were not sent, and reports a tolerance', () => {
    const device = new LockStep();
    device.begins(replace('a'));
    device.says([
      headerOk(1),
      status(1, 4, 'Replace', 200),
      status(1, 44, 'Get', 200),
      results(9, 9, [leaf('./x', 'X')]),
    ]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toHaveLength(2);
  });

  test('is that of SyncHdr when the device refuses the message, and the session is aborted', () => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    device.says([headerOk(1, 503), status(1, 5, 'Replace', 200)]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:503']);
    expect(own(device.answers())).toEqual(['Alert:1223', 'Final']);
  });
});

describe('a device that ran a Sequence', () => {
  test('is known to support it in this session', () => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    expect(device.session.sequenceRan).toBeUndefined();
    device.says([headerOk(1), status(1, 4, 'Sequence', 200)]);
    expect(device.session.sequenceRan).toBe(true);
  });
});

describe('a device that does not support Sequence', () => {
  test.each([
    ['406, members left out', 406, []],
    ['405, members left out', 405, []],
    ['500, members 215', 500, [215, 215]],
    ['501, members the same', 501, [501, 501]],
  ])('gets the commands again, one by one: %s', (_, code, members) => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    device.plans(get('c'));
    device.says([
      headerOk(1),
      status(1, 4, 'Sequence', code),
      ...members.map((member, index) => status(1, 5 + index, 'Replace', member)),
    ]);
    expect(device.outcomeStatuses).toEqual([]);
    expect(device.effects).toContainEqual({ type: 'sequenceUnsupported' });
    for (const expected of ['Replace', 'Replace', 'Get']) {
      const message = device.answers();
      expect(own(message)).toEqual([expected, 'Final']);
      device.says([headerOk(message.header.msgId), status(message.header.msgId, 2, expected, 404)]);
    }
    expect(device.outcomeStatuses).toEqual(['a:404', 'b:404', 'c:404']);
  });

  test('does not get commands again that may have run', () => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    device.says([headerOk(1), status(1, 4, 'Sequence', 500), status(1, 5, 'Replace', 200)]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:500']);
    expect(device.effects).not.toContainEqual({ type: 'sequenceUnsupported' });
  });

  test('is recognized when its Status for the Sequence comes in a later message', () => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    device.says([headerOk(1)], { final: false });
    device.answers();
    device.says([headerOk(2), status(1, 4, 'Sequence', 406)]);
    expect(device.outcomeStatuses).toEqual([]);
    expect(own(device.answers())).toEqual(['Replace', 'Final']);
  });

  test('is recognized by its silence, too', () => {
    const device = new LockStep();
    device.begins(replace('a'), replace('b'));
    device.says([headerOk(1)]);
    expect(device.outcomeStatuses).toEqual(['a:500', 'b:500']);
    expect(device.session.ordering).toBe('one-per-message');
  });
});

describe('the outcome of an Atomic', () => {
  test.each<[string, readonly (number | undefined)[], number, readonly number[]]>([
    ['all good', [200, 200, 200, 200], 200, [200, 200, 200]],
    ['failed and rolled back', [507, 216, 404, 215], 507, [216, 404, 215]],
    ['failed, the rest left out', [507, 216, 404], 507, [216, 404, 215]],
    ['roll-back failed', [507, 516, 404, 215], 507, [516, 404, 215]],
    ['too large to answer', [517], 517, [215, 215, 215]],
    ['without its own Status, all good', [undefined, 200, 200, 200], 200, [200, 200, 200]],
    ['without its own Status, one failed', [undefined, 200, 404, 215], 404, [200, 404, 215]],
    ['without its own Status, one left out', [undefined, 200, 200], 500, [200, 200, 500]],
    ['without its own Status, one failed, the rest left out', [undefined, 404], 404, [404, 215, 215]],
    ['members left out of a success', [200], 200, [200, 200, 200]],
    ['nothing at all', [], 500, [500, 500, 500]],
    ['not supported', [406], 406, [215, 215, 215]],
  ])('is decided from the Statuses: %s', (_, codes, expected, members) => {
    const device = new LockStep();
    device.begins(ATOMIC);
    const statuses = codes.flatMap((code, index) =>
      code === undefined ? [] : [status(1, 4 + index, index === 0 ? 'Atomic' : 'Replace', code)],
    );
    device.says([headerOk(1), ...statuses]);
    expect(device.outcomeStatuses).toEqual([`at:${expected}`]);
    expect(device.outcomes[0]?.members?.map(({ status: code }) => code)).toEqual(members);
  });
});
