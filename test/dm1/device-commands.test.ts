import { describe, expect, test } from 'vitest';
import type { Command, Item } from '../../src/syncml/message.ts';
import { alert, devInfo, get, LockStep, leaf, replace, status } from './lock-step.ts';

const GENERIC = { type: 'urn:oma:at:fumo:1.0:downloadandupdate', format: 'chr' };

/** The Statuses for commands of the device: name, code, then SourceRefs. */
function answered(...commands: readonly Command[]): { statuses: readonly string[]; device: LockStep } {
  const device = new LockStep();
  device.says(commands);
  const statuses = device.answers().commands.flatMap((each) => (each.name === 'Status' ? [each] : []));
  return { device, statuses: statuses.slice(1).map((each) => [each.cmd, each.data, ...each.sourceRefs].join(' ')) };
}

describe('Alerts of a device', () => {
  test.each([
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
  ])('with the code "%s" get the Status %i', (code, expected) => {
    expect(answered(alert(code)).statuses).toEqual([`Alert ${expected}`]);
  });

  test.each(['1224', '1227', '1228', '1229', '1230'])(
    'with the code %s are reported with all their Items, even incomplete ones',
    (code) => {
      const { device, statuses } = answered(alert(code, [leaf('./a'), leaf('./b', '')], 'c'));
      expect(statuses).toEqual(['Alert 200']);
      expect(device.effects).toContainEqual({
        type: 'alertReceived',
        alert: { code: Number(code), correlator: 'c', items: [{ source: './a' }, { source: './b', data: '' }] },
      });
    },
  );

  test.each<[string, Item, number]>([
    ['complete', leaf('./a', 'v', GENERIC), 200],
    ['with empty Data', leaf('./a', '', GENERIC), 200],
    ['of Format null without Data', leaf('./a', undefined, { ...GENERIC, format: 'NULL' }), 200],
    ['without Source', { data: 'v', meta: GENERIC }, 200],
    ['without Data', leaf('./a', undefined, GENERIC), 412],
    ['without Type', leaf('./a', 'v', { format: 'chr' }), 412],
    ['without Format', leaf('./a', 'v', { type: 'x' }), 412],
    ['without Meta', leaf('./a', 'v'), 412],
  ])('of the code 1226 %s get a Status of their own', (_, item, code) => {
    const { device, statuses } = answered(alert('1226', [item]));
    expect(statuses).toEqual([`Alert ${code}`]);
    expect(device.effects.filter((effect) => effect.type === 'alertReceived')).toHaveLength(code === 200 ? 1 : 0);
  });

  test('get one Status per Item with SourceRef when the codes differ, and only valid Items are reported', () => {
    const { device, statuses } = answered(
      alert('1226', [leaf('./a', 'v', GENERIC), leaf('./b', 'v'), leaf('./c', 'w', GENERIC)]),
    );
    expect(statuses).toEqual(['Alert 200 ./a', 'Alert 412 ./b', 'Alert 200 ./c']);
    const handed = device.effects.flatMap((effect) => (effect.type === 'alertReceived' ? effect.alert.items : []));
    expect(handed.map((item) => item.source)).toEqual(['./a', './c']);
  });

  test('with codes of data synchronization are reported as a tolerance', () => {
    const tolerances = (code: string) =>
      answered(alert(code)).device.effects.filter((effect) => effect.type === 'tolerated').length;
    expect(['222', '223', '1222', '1225', '999'].map(tolerances)).toEqual([1, 1, 0, 0, 0]);
  });

  test('of the code 1226 without Items get 412', () => {
    expect(answered(alert('1226')).statuses).toEqual(['Alert 412']);
  });
});

describe('a session', () => {
  test('accepts DevInfo in every spelling, its leaves only, with Meta on the command or on the Item', () => {
    const items = [
      leaf('./DevInfo', 'DevId/Man', { format: 'node' }),
      leaf('./Devinfo/DevId', 'IMEI:1'),
      leaf('DevInfo/Man', 'maker'),
      { target: { locUri: './devinfo/Mod' }, data: 'model' },
    ];
    const { device, statuses } = answered({ ...devInfo(items), meta: { format: 'chr' } });
    expect(statuses).toEqual(['Replace 200']);
    expect(device.effects).toContainEqual({
      type: 'devInfoReceived',
      leaves: { './Devinfo/DevId': 'IMEI:1', 'DevInfo/Man': 'maker', './devinfo/Mod': 'model' },
      formats: {},
    });
  });

  test('refuses a Replace outside DevInfo, each Item separately', () => {
    expect(answered(devInfo([leaf('./Vendor/x', 'v')])).statuses).toEqual(['Replace 405']);
    const { device, statuses } = answered(devInfo([leaf('./DevInfo/DevId', 'd'), leaf('./DevInfoX/y', 'v')]));
    expect(statuses).toEqual(['Replace 200 ./DevInfo/DevId', 'Replace 405 ./DevInfoX/y']);
    expect(device.effects).toContainEqual({ type: 'devInfoReceived', leaves: { './DevInfo/DevId': 'd' }, formats: {} });
  });

  test.each<[Command, readonly string[]]>([
    [{ name: 'Add', cmdId: '', items: [leaf('./x', 'v')] }, ['Add 405']],
    [{ name: 'Get', cmdId: '', items: [] }, ['Get 405']],
    [{ name: 'Delete', cmdId: '', items: [] }, ['Delete 405']],
    [{ name: 'Copy', cmdId: '', items: [] }, ['Copy 405']],
    [{ name: 'Exec', cmdId: '', items: [] }, ['Exec 405']],
    [{ name: 'Sequence', cmdId: '', members: [{ ...alert('1224'), cmdId: '7' }] }, ['Sequence 405', 'Alert 405']],
    [{ name: 'Atomic', cmdId: '', members: [{ ...devInfo(), cmdId: '7' }] }, ['Atomic 405', 'Replace 405']],
    [{ name: 'Sequence', cmdId: '', members: [alert('1224')] }, ['Sequence 405', 'Alert 400']],
    [{ name: 'Unknown', cmdId: '', element: 'Sync' }, ['Sync 406']],
  ])('refuses a command without effect: %o', (command, expected) => {
    const { device, statuses } = answered(command);
    expect(statuses).toEqual(expected);
    expect(device.effects.filter((effect) => effect.type !== 'send')).toEqual([]);
  });

  test('executes no command without CmdID, but accepts such a Status', () => {
    const device = new LockStep();
    device.begins(replace('a'));
    const effects = device.says(
      [status(1, 4, 'Replace', 200), alert('1224', [leaf('./x', 'v')]), devInfo(), alert('1223')],
      {
        raw: true,
      },
    );
    expect(effects).toEqual([{ type: 'outcome', outcome: expect.objectContaining({ id: 'a', status: 200 }) }]);
    expect(device.session.dueStatuses.slice(1).map(({ cmd, code }) => `${cmd} ${code}`)).toEqual([
      'Alert 400',
      'Replace 400',
      'Alert 400',
    ]);
  });

  test('answers no Status and no Results with a Status', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([
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
    expect(device.session.dueStatuses.map((due) => due.cmd)).toEqual(['SyncHdr']);
  });
});
