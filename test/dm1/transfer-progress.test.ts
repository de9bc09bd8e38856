/** The progress of large objects, in the session and in effects (DM-1.3 §8). */
import { describe, expect, test } from 'vitest';
import { transferOf } from '../../src/dm1/object-transfer.ts';
import type { Item } from '../../src/syncml/message.ts';
import { alert, CRED, cmdIdOf, devInfo, get, headerOk, LockStep, leaf, replace, results, status } from './lock-step.ts';

const transfers = (device: LockStep): readonly string[] =>
  device.effects.flatMap((effect) =>
    effect.type === 'transfer' ? [`${effect.state} ${effect.transfer.bytesDone}/${effect.transfer.bytesTotal}`] : [],
  );

/** An object of `text` on its way to a device. */
function sending(text: string): LockStep {
  const device = new LockStep();
  device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 1400 } });
  device.plans(replace('big', text));
  device.answers();
  return device;
}

/** The device answers the chunk of our last message. */
function acknowledge(device: LockStep, code: number, final = false): void {
  const msgId = device.session.nextMsgId - 1;
  const cmdId = device.session.outstanding[0]?.cmdId ?? '';
  device.says([headerOk(msgId), status(msgId, cmdId, 'Replace', code)], { final });
}

function chunk(data: string, more: boolean, size?: number): Item {
  const item = leaf('./x', data, size === undefined ? {} : { size });
  return more ? { ...item, moreData: true } : item;
}

describe('an object for the device', () => {
  test('has its acknowledged bytes, as carried, in the session', () => {
    const text = 'ä'.repeat(1000);
    const device = sending(text);
    const place = { direction: 'toDevice', locUri: './big', bytesTotal: 2000 };
    expect(transferOf(device.session)).toEqual({ ...place, bytesDone: 0 });
    const sent = device.session.outgoing?.sent ?? 0;
    expect(sent).toBeGreaterThan(0);
    acknowledge(device, 213);
    expect(transferOf(device.session)).toEqual({ ...place, bytesDone: 2 * sent });
    for (let turn = 0; turn < 50 && device.session.phase === 'sendingObject'; turn += 1) {
      device.answers();
      if (device.session.phase === 'sendingObject') acknowledge(device, 213);
    }
    expect(transferOf(device.session)?.bytesDone).toBeLessThan(2000);
    acknowledge(device, 200, true);
    expect(transferOf(device.session)).toBeUndefined();
    expect(transfers(device).at(0)).toBe('started 0/2000');
    expect(transfers(device).at(-1)).toBe('completed 2000/2000');
  });

  test('is reported after each tenth, for any number of chunks', () => {
    const device = sending('x'.repeat(40_000));
    for (let turn = 0; turn < 500 && device.session.phase === 'sendingObject'; turn += 1) {
      acknowledge(device, 213);
      device.answers();
    }
    acknowledge(device, 200, true);
    const done = transfers(device).map((each) => Math.floor(Number(/ (\d+)\//u.exec(each)?.[1]) / 4000));
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test.each<[string, (device: LockStep) => void]>([
    ['a Status that ends it', (device) => acknowledge(device, 420, true)],
    ['an abort of the device', (device) => void device.says([headerOk(1), alert('1223')])],
    ['an abort of the bridge', (device) => void device.answers('abort')],
    ['a SyncHdr Status that refuses it', (device) => void device.says([headerOk(1, 500)])],
  ])('fails with %s', (_, end) => {
    const device = sending('x'.repeat(4000));
    end(device);
    expect(transfers(device)).toEqual(['started 0/4000', 'failed 0/4000']);
    expect(transferOf(device.session)).toBeUndefined();
  });

  test('fails when its last chunk is refused, and is not reported when it is not cut', () => {
    const device = sending('x'.repeat(1500));
    for (let turn = 0; turn < 20 && device.session.phase === 'sendingObject'; turn += 1) {
      acknowledge(device, 213);
      device.answers();
    }
    acknowledge(device, 424, true);
    expect(transfers(device).at(-1)).toMatch(/^failed \d+\/1500$/u);
    const plain = sending('x');
    acknowledge(plain, 200, true);
    expect(transfers(plain)).toEqual([]);
  });

  test('is started once when the device asks for credentials', () => {
    const device = sending('x'.repeat(4000));
    const { msgId, cmdId } = device.session.outstanding[0] ?? { msgId: 0, cmdId: '' };
    device.says([headerOk(1, 401), status(msgId, cmdId, 'Replace', 401)], { final: false });
    device.answers('continue', { cred: CRED });
    expect(transfers(device)).toEqual(['started 0/4000']);
  });
});

describe('an object of the device', () => {
  function giving(size: number | undefined, ...pieces: readonly string[]): LockStep {
    const device = new LockStep({ announce: { maxMsgSize: 1_000_000, maxObjSize: 5_000_000 } });
    const cmdId = cmdIdOf(device.begins(get('x')), 0);
    for (const [at, piece] of pieces.entries()) {
      const isLast = at === pieces.length - 1;
      const item = chunk(piece, !isLast, at === 0 ? size : undefined);
      device.says([headerOk(at + 1), results(1, cmdId, [item])], { final: isLast });
      device.answers();
    }
    return device;
  }

  test('is reported while it comes, and when it is complete', () => {
    const piece = 'x'.repeat(600);
    expect(transfers(giving(3000, piece, piece, piece, piece, piece))).toEqual([
      'started 600/3000',
      'progress 1200/3000',
      'progress 1800/3000',
      'progress 2400/3000',
      'completed 3000/3000',
    ]);
  });

  test('is reported after each MiB when its size is unknown', () => {
    const piece = 'x'.repeat(600_000);
    expect(transfers(giving(undefined, piece, piece, piece, piece, 'x'))).toEqual([
      'started 600000/undefined',
      'progress 1200000/undefined',
      'progress 2400000/undefined',
      'completed 2400001/undefined',
    ]);
  });

  test('is named by its Source, or by its Target', () => {
    const named = (item: Item) => {
      const device = new LockStep();
      device.says([alert('1201'), devInfo(), alert('1226', [{ ...item, data: 'ab', moreData: true }])], {
        final: false,
      });
      return transferOf(device.session)?.locUri;
    };
    const [source, target] = [{ locUri: './source' }, { locUri: './target' }];
    expect([{ source, target }, { source }, { target }, {}].map(named)).toEqual([
      './source',
      './source',
      './target',
      '',
    ]);
  });

  test('fails when its size is not as announced, when it is too large, and when another command interrupts it', () => {
    expect(transfers(giving(5, 'ab', 'cd'))).toEqual(['started 2/5', 'failed 4/5']);
    expect(transfers(giving(4_000_000, 'x', 'x'.repeat(5_000_000)))).toEqual([
      'started 1/4000000',
      'failed 5000001/4000000',
    ]);
    expect(transfers(giving(6_000_000, 'x', 'x'))).toEqual(['failed 1/6000000']);
    const device = new LockStep();
    const cmdId = cmdIdOf(device.begins(get('x')), 0);
    device.says([headerOk(1), results(1, cmdId, [chunk('ab', true, 4)])], { final: false });
    expect(transferOf(device.session)).toEqual({ direction: 'fromDevice', locUri: './x', bytesDone: 2, bytesTotal: 4 });
    device.answers();
    device.says([alert('1226', [leaf('./a', 'v', { format: 'chr', type: 'x' })])]);
    expect(transfers(device)).toEqual(['started 2/4', 'failed 2/4']);
  });
});
