/** The progress of large objects, as the kept session shows it and as it is told (DM-1.3 §8; design: progress is visible). */
import { describe, expect, it } from 'vitest';
import { transferOf } from '../../src/dm1/object-transfer.ts';
import type { Item } from '../../src/syncml/message.ts';
import { alert, CRED, cmdIdOf, devInfo, get, headerOk, LockStep, leaf, replace, results, status } from './lock-step.ts';

const told = (peer: LockStep): readonly string[] =>
  peer.effects.flatMap((effect) =>
    effect.type === 'transfer' ? [`${effect.state} ${effect.transfer.bytesDone}/${effect.transfer.bytesTotal}`] : [],
  );

/** An object of `text` on its way to a device. */
function sending(text: string): LockStep {
  const peer = new LockStep();
  peer.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 1400 } });
  peer.plans(replace('big', text));
  peer.answers();
  return peer;
}

/** The device answers the chunk of our last message. */
function acknowledge(peer: LockStep, code: number, final = false): void {
  const msgId = peer.session.nextMsgId - 1;
  const cmdId = peer.session.outstanding[0]?.cmdId ?? '';
  peer.says([headerOk(msgId), status(msgId, cmdId, 'Replace', code)], { final });
}

function chunk(data: string, more: boolean, size?: number): Item {
  return { ...leaf('./x', data, size === undefined ? {} : { size }), ...(more ? { moreData: true as const } : {}) };
}

describe('an object for the device', () => {
  it('shows in the session what the device has acknowledged, in bytes as carried', () => {
    const text = 'ä'.repeat(1000);
    const peer = sending(text);
    const place = { direction: 'toDevice', locUri: './big', bytesTotal: 2000 };
    expect(transferOf(peer.session)).toEqual({ ...place, bytesDone: 0 });
    const sent = peer.session.outgoing?.sent ?? 0;
    expect(sent).toBeGreaterThan(0);
    acknowledge(peer, 213);
    expect(transferOf(peer.session)).toEqual({ ...place, bytesDone: 2 * sent });
    for (let turn = 0; turn < 50 && peer.session.phase === 'sendingObject'; turn += 1) {
      peer.answers();
      if (peer.session.phase === 'sendingObject') acknowledge(peer, 213);
    }
    expect(transferOf(peer.session)?.bytesDone).toBeLessThan(2000);
    acknowledge(peer, 200, true);
    expect(transferOf(peer.session)).toBeUndefined();
    expect(told(peer).at(0)).toBe('started 0/2000');
    expect(told(peer).at(-1)).toBe('completed 2000/2000');
  });

  it('is told at each tenth, however many chunks that takes', () => {
    const peer = sending('x'.repeat(40_000));
    for (let turn = 0; turn < 500 && peer.session.phase === 'sendingObject'; turn += 1) {
      acknowledge(peer, 213);
      peer.answers();
    }
    acknowledge(peer, 200, true);
    const done = told(peer).map((each) => Math.floor(Number(/ (\d+)\//u.exec(each)?.[1]) / 4000));
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each<[string, (peer: LockStep) => void]>([
    ['a Status that ends it', (peer) => acknowledge(peer, 420, true)],
    ['an abort of the device', (peer) => void peer.says([headerOk(1), alert('1223')])],
    ['an abort of the bridge', (peer) => void peer.answers('abort')],
    ['a SyncHdr Status that refuses it', (peer) => void peer.says([headerOk(1, 500)])],
  ])('fails with %s', (_, end) => {
    const peer = sending('x'.repeat(4000));
    end(peer);
    expect(told(peer)).toEqual(['started 0/4000', 'failed 0/4000']);
    expect(transferOf(peer.session)).toBeUndefined();
  });

  it('fails when its last chunk is refused, and is not told when nothing is chunked', () => {
    const peer = sending('x'.repeat(1500));
    for (let turn = 0; turn < 20 && peer.session.phase === 'sendingObject'; turn += 1) {
      acknowledge(peer, 213);
      peer.answers();
    }
    acknowledge(peer, 424, true);
    expect(told(peer).at(-1)).toMatch(/^failed \d+\/1500$/u);
    const plain = sending('x');
    acknowledge(plain, 200, true);
    expect(told(plain)).toEqual([]);
  });

  it('is not begun twice by a device that asks for credentials', () => {
    const peer = sending('x'.repeat(4000));
    const { msgId, cmdId } = peer.session.outstanding[0] ?? { msgId: 0, cmdId: '' };
    peer.says([headerOk(1, 401), status(msgId, cmdId, 'Replace', 401)], { final: false });
    peer.answers('continue', { cred: CRED });
    expect(told(peer)).toEqual(['started 0/4000']);
  });
});

describe('an object of the device', () => {
  function giving(size: number | undefined, ...pieces: readonly string[]): LockStep {
    const peer = new LockStep({ announce: { maxMsgSize: 1_000_000, maxObjSize: 5_000_000 } });
    const cmdId = cmdIdOf(peer.begins(get('x')), 0);
    for (const [at, piece] of pieces.entries()) {
      const isLast = at === pieces.length - 1;
      const item = chunk(piece, !isLast, at === 0 ? size : undefined);
      peer.says([headerOk(at + 1), results(1, cmdId, [item])], { final: isLast });
      peer.answers();
    }
    return peer;
  }

  it('is told while it comes, and when it is whole', () => {
    const piece = 'x'.repeat(600);
    expect(told(giving(3000, piece, piece, piece, piece, piece))).toEqual([
      'started 600/3000',
      'progress 1200/3000',
      'progress 1800/3000',
      'progress 2400/3000',
      'completed 3000/3000',
    ]);
  });

  it('is told at each MiB where its size is unknown', () => {
    const piece = 'x'.repeat(600_000);
    expect(told(giving(undefined, piece, piece, piece, piece, 'x'))).toEqual([
      'started 600000/undefined',
      'progress 1200000/undefined',
      'progress 2400000/undefined',
      'completed 2400001/undefined',
    ]);
  });

  it('is named by its Source, or by its Target', () => {
    const named = (item: Item) => {
      const peer = new LockStep();
      peer.says([alert('1201'), devInfo(), alert('1226', [{ ...item, data: 'ab', moreData: true }])], { final: false });
      return transferOf(peer.session)?.locUri;
    };
    const [source, target] = [{ locUri: './source' }, { locUri: './target' }];
    expect([{ source, target }, { source }, { target }, {}].map(named)).toEqual([
      './source',
      './source',
      './target',
      '',
    ]);
  });

  it('fails when its size is not what was announced, when it is too large, and when another command cuts it', () => {
    expect(told(giving(5, 'ab', 'cd'))).toEqual(['started 2/5', 'failed 4/5']);
    expect(told(giving(4_000_000, 'x', 'x'.repeat(5_000_000)))).toEqual([
      'started 1/4000000',
      'failed 5000001/4000000',
    ]);
    expect(told(giving(6_000_000, 'x', 'x'))).toEqual(['failed 1/6000000']);
    const peer = new LockStep();
    const cmdId = cmdIdOf(peer.begins(get('x')), 0);
    peer.says([headerOk(1), results(1, cmdId, [chunk('ab', true, 4)])], { final: false });
    expect(transferOf(peer.session)).toEqual({ direction: 'fromDevice', locUri: './x', bytesDone: 2, bytesTotal: 4 });
    peer.answers();
    peer.says([alert('1226', [leaf('./a', 'v', { format: 'chr', type: 'x' })])]);
    expect(told(peer)).toEqual(['started 2/4', 'failed 2/4']);
  });
});
