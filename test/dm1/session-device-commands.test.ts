import { describe, expect, it } from 'vitest';
import type { Command, Item } from '../../src/syncml/message.ts';
import { alert, devInfo, get, LockStep, leaf, replace, status } from './lock-step.ts';

const GENERIC = { type: 'urn:oma:at:fumo:1.0:downloadandupdate', format: 'chr' };

/** The Statuses for one command of the device: code, then SourceRefs. */
function answered(...commands: readonly Command[]): { statuses: readonly string[]; peer: LockStep } {
  const peer = new LockStep();
  peer.says(commands);
  const statuses = peer.answers().commands.flatMap((each) => (each.name === 'Status' ? [each] : []));
  return { peer, statuses: statuses.slice(1).map((each) => [each.cmd, each.data, ...each.sourceRefs].join(' ')) };
}

describe('Alerts of a device', () => {
  it.each([
    ['1200', 200],
    ['1201', 200],
    ['1222', 200],
    ['222', 200],
    ['1223', 200],
    ['1225', 200],
    ['223', 200],
    ['1227', 200],
    ['1100', 406],
    ['1104', 406],
    ['1199', 406],
    ['1231', 406],
    ['999', 406],
    ['xyz', 412],
    ['', 412],
  ])('%s gets %i', (code, expected) => {
    expect(answered(alert(code)).statuses).toEqual([`Alert ${expected}`]);
  });

  it.each(['1224', '1227', '1228', '1229', '1230'])(
    '%s is handed on with all its Items, whatever they lack',
    (code) => {
      const { peer, statuses } = answered(alert(code, [leaf('./a'), leaf('./b', '')], 'c'));
      expect(statuses).toEqual(['Alert 200']);
      expect(peer.effects).toContainEqual({
        type: 'alertReceived',
        alert: { code: Number(code), correlator: 'c', items: [{ source: './a' }, { source: './b', data: '' }] },
      });
    },
  );

  it.each<[string, Item, number]>([
    ['complete', leaf('./a', 'v', GENERIC), 200],
    ['with empty Data', leaf('./a', '', GENERIC), 200],
    ['of Format null without Data', leaf('./a', undefined, { ...GENERIC, format: 'NULL' }), 200],
    ['without Source', { data: 'v', meta: GENERIC }, 200],
    ['without Data', leaf('./a', undefined, GENERIC), 412],
    ['without Type', leaf('./a', 'v', { format: 'chr' }), 412],
    ['without Format', leaf('./a', 'v', { type: 'x' }), 412],
    ['without Meta', leaf('./a', 'v'), 412],
  ])('a Generic Alert %s', (_, item, code) => {
    const { peer, statuses } = answered(alert('1226', [item]));
    expect(statuses).toEqual([`Alert ${code}`]);
    expect(peer.effects.filter((effect) => effect.type === 'alertReceived')).toHaveLength(code === 200 ? 1 : 0);
  });

  it('gets one Status per Item with SourceRef when the codes differ, and only the good Items are handed on', () => {
    const { peer, statuses } = answered(
      alert('1226', [leaf('./a', 'v', GENERIC), leaf('./b', 'v'), leaf('./c', 'w', GENERIC)]),
    );
    expect(statuses).toEqual(['Alert 200 ./a', 'Alert 412 ./b', 'Alert 200 ./c']);
    const handed = peer.effects.flatMap((effect) => (effect.type === 'alertReceived' ? effect.alert.items : []));
    expect(handed.map((item) => item.source)).toEqual(['./a', './c']);
  });

  it('notes the codes of data synchronization', () => {
    const told = (code: string) =>
      answered(alert(code)).peer.effects.filter((effect) => effect.type === 'tolerated').length;
    expect(['222', '223', '1222', '1225', '999'].map(told)).toEqual([1, 1, 0, 0, 0]);
  });

  it('a Generic Alert without Items is incomplete', () => {
    expect(answered(alert('1226')).statuses).toEqual(['Alert 412']);
  });
});

describe('commands of a device', () => {
  it('takes DevInfo however it is written, leaves only, Meta on the command or on the Item', () => {
    const items = [
      leaf('./DevInfo', 'DevId/Man', { format: 'node' }),
      leaf('./Devinfo/DevId', 'IMEI:1'),
      leaf('DevInfo/Man', 'maker'),
      { target: { locUri: './devinfo/Mod' }, data: 'model' },
    ];
    const { peer, statuses } = answered({ ...devInfo(items), meta: { format: 'chr' } });
    expect(statuses).toEqual(['Replace 200']);
    expect(peer.effects).toContainEqual({
      type: 'devInfoReceived',
      leaves: { './Devinfo/DevId': 'IMEI:1', 'DevInfo/Man': 'maker', './devinfo/Mod': 'model' },
    });
  });

  it('refuses a Replace outside DevInfo, each Item by itself', () => {
    expect(answered(devInfo([leaf('./Vendor/x', 'v')])).statuses).toEqual(['Replace 405']);
    const { peer, statuses } = answered(devInfo([leaf('./DevInfo/DevId', 'd'), leaf('./DevInfoX/y', 'v')]));
    expect(statuses).toEqual(['Replace 200 ./DevInfo/DevId', 'Replace 405 ./DevInfoX/y']);
    expect(peer.effects).toContainEqual({ type: 'devInfoReceived', leaves: { './DevInfo/DevId': 'd' } });
  });

  it.each<[Command, readonly string[]]>([
    [{ name: 'Add', cmdId: '', items: [leaf('./x', 'v')] }, ['Add 405']],
    [{ name: 'Get', cmdId: '', items: [] }, ['Get 405']],
    [{ name: 'Delete', cmdId: '', items: [] }, ['Delete 405']],
    [{ name: 'Copy', cmdId: '', items: [] }, ['Copy 405']],
    [{ name: 'Exec', cmdId: '', items: [] }, ['Exec 405']],
    [{ name: 'Sequence', cmdId: '', members: [{ ...alert('1224'), cmdId: '7' }] }, ['Sequence 405', 'Alert 405']],
    [{ name: 'Atomic', cmdId: '', members: [{ ...devInfo(), cmdId: '7' }] }, ['Atomic 405', 'Replace 405']],
    [{ name: 'Unknown', cmdId: '', element: 'Sync' }, ['Sync 406']],
  ])('refuses %o without effect', (command, expected) => {
    const { peer, statuses } = answered(command);
    expect(statuses).toEqual(expected);
    expect(peer.effects.filter((effect) => effect.type !== 'send')).toEqual([]);
  });

  it('does not execute a command without CmdID, but takes such a Status', () => {
    const peer = new LockStep();
    peer.begins(replace('a'));
    const effects = peer.says(
      [status(1, 4, 'Replace', 200), alert('1224', [leaf('./x', 'v')]), devInfo(), alert('1223')],
      {
        raw: true,
      },
    );
    expect(effects).toEqual([{ type: 'outcome', outcome: expect.objectContaining({ id: 'a', status: 200 }) }]);
    expect(peer.session.dueStatuses.slice(1).map(({ cmd, code }) => `${cmd} ${code}`)).toEqual([
      'Alert 400',
      'Replace 400',
      'Alert 400',
    ]);
  });

  it('keeps nothing due for Status and Results', () => {
    const peer = new LockStep();
    peer.begins(get('a'));
    peer.says([
      {
        name: 'Status',
        cmdId: '1',
        msgRef: 1,
        cmdRef: '4',
        cmd: 'Get',
        targetRefs: [],
        sourceRefs: [],
        data: 200,
        items: [],
      },
      { name: 'Results', cmdId: '', msgRef: 1, cmdRef: '4', items: [leaf('./a', 'A')] },
    ]);
    expect(peer.session.dueStatuses.map((due) => due.cmd)).toEqual(['SyncHdr']);
  });
});
