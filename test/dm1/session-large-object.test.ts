import { describe, expect, it } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import type { Dm1Session } from '../../src/dm1/session-model.ts';
import type { Command, Item, SyncmlMessage } from '../../src/syncml/message.ts';
import {
  alert,
  cmdIdOf,
  devInfo,
  get,
  headerOk,
  LockStep,
  leaf,
  measureXml,
  outline,
  replace,
  results,
  status,
} from './lock-step.ts';

const MAX = 1400;

function own(message: SyncmlMessage): readonly string[] {
  return outline(message).filter((each) => !each.startsWith('Status:SyncHdr'));
}

function object(message: SyncmlMessage): { readonly cmdId: string; readonly name: string; readonly item: Item } {
  const found = message.commands.flatMap((command) =>
    command.name === 'Add' || command.name === 'Replace' ? [command] : [],
  )[0];
  const item = found?.items[0];
  if (found === undefined || item === undefined) throw new Error('no object');
  return { cmdId: found.cmdId, name: found.name, item };
}

function started(text: string, meta = { format: 'chr' }): { peer: LockStep; message: SyncmlMessage } {
  const peer = new LockStep();
  peer.says([alert('1201'), devInfo()], { meta: { maxMsgSize: MAX } });
  peer.plans({ id: 'big', name: 'Add', items: [{ target: './big', data: text, meta }] });
  return { peer, message: peer.answers() };
}

/** Acknowledges chunks until the object is through. */
function finish(peer: LockStep, first: SyncmlMessage, ask: readonly Command[] = []): readonly SyncmlMessage[] {
  const messages = [first];
  for (let message = first; !message.final; ) {
    const { msgId } = message.header;
    peer.says([headerOk(msgId), status(msgId, object(message).cmdId, 'Add', 213), ...ask], { final: false });
    message = peer.answers();
    messages.push(message);
  }
  return messages;
}

describe('large objects out (DM-1.3 §8)', () => {
  it('plays the chart "Add a Large Object"', () => {
    const { peer, message } = started('x'.repeat(1200));
    const messages = finish(peer, message, [alert('1222')]);
    expect(messages.map(own)).toEqual([
      ['Status:Alert:200', 'Status:Replace:200', 'Add+'],
      ['Status:Alert:200', 'Add+'],
      ['Status:Alert:200', 'Add', 'Final'],
    ]);
    const last = messages.at(-1);
    if (last === undefined) throw new Error();
    peer.says([headerOk(3), status(3, object(last).cmdId, 'Add', 200)]);
    expect(peer.told).toEqual(['big:200']);
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Final']);
  });

  it.each([
    ['ASCII', 'x'.repeat(3000)],
    ['markup that is escaped', '<&>'.repeat(900)],
    ['characters of two, three and four bytes', 'äあ😀'.repeat(400)],
    ['half escaped', `${'x'.repeat(2000)}${'&'.repeat(800)}`],
  ])('cuts %s between characters, within MaxMsgSize, Size on the first chunk alone', (_, text) => {
    const { peer, message } = started(text);
    const messages = finish(peer, message);
    const pieces = messages.map((each) => object(each).item);
    expect(pieces.map((item) => item.data).join('')).toBe(text);
    for (const item of pieces) expect(String(item.data).isWellFormed()).toBe(true);
    expect(pieces.map((item) => item.meta?.size)).toEqual([
      Buffer.byteLength(text),
      ...pieces.slice(1).map(() => undefined),
    ]);
    expect(pieces.map((item) => item.moreData ?? false)).toEqual(
      pieces.map((_item, index) => index < pieces.length - 1),
    );
    for (const item of pieces) expect(item).toMatchObject({ target: { locUri: './big' }, meta: { format: 'chr' } });
    for (const each of messages) expect(measureXml(each)).toBeLessThanOrEqual(MAX);
    for (const each of messages.slice(0, -1)) expect(measureXml(each)).toBeGreaterThan(MAX - 200);
  });

  it('is weighed piece by piece: megabytes are never written only to see that they do not fit', () => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()], { meta: { maxMsgSize: MAX } });
    peer.plans(replace('small'), replace('big', 'x'.repeat(1_000_000)));
    const weighed: number[] = [];
    const measure = (message: SyncmlMessage) => {
      weighed.push(measureXml(message));
      return measureXml(message);
    };
    const first = peer.answers('continue', { measure });
    expect(own(first)).toContain('Replace');
    peer.says([headerOk(1), status(1, object(first).cmdId, 'Replace', 200)]);
    expect(own(peer.answers('continue', { measure }))).toEqual(['Replace+']);
    expect(Math.max(...weighed)).toBeLessThan(4 * MAX);
  });

  it('ends the session of a device whose messages have no room for any piece', () => {
    const secondAnswer = (maxMsgSize: number, text: string) => {
      const peer = new LockStep();
      const first = peer.begins(get('a'));
      peer.says([headerOk(1), status(1, cmdIdOf(first, 0), 'Get', 404)], { meta: { maxMsgSize } });
      if (text !== '') peer.plans(replace('big', text));
      return { peer, message: peer.answers() };
    };
    const empty = measureXml(secondAnswer(10_000, '').message);
    const { peer, message } = secondAnswer(empty + 63, 'x'.repeat(5000));
    expect(own(message)).toEqual(['Alert:1223', 'Final']);
    expect(peer.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
    expect(peer.told).toEqual(['a:404']);
  });

  it('does not chunk what fits, nor anything when no limit is known', () => {
    expect(own(started('x'.repeat(100)).message)).toContain('Add');
    expect(own(new LockStep().begins(replace('a', 'x'.repeat(100000))))).toContain('Replace');
  });

  it.each([
    ['larger than MaxObjSize', 'x'.repeat(3001)],
    ['by bytes, not characters', 'ä'.repeat(1501)],
  ])('never sends an object %s', (_, text) => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()], { meta: { maxMsgSize: MAX, maxObjSize: 3000 } });
    peer.plans(replace('big', text), replace('small'));
    expect(own(peer.answers())).toEqual(['Status:Alert:200', 'Status:Replace:200', 'Replace', 'Final']);
    expect(peer.told).toEqual(['big:420']);
  });

  it('never sends an object larger than MaxObjSize, although a message has room for it', () => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 100_000, maxObjSize: 3000 } });
    peer.plans(replace('big', 'x'.repeat(3001)));
    expect(own(peer.answers())).not.toContain('Replace');
    expect(peer.told).toEqual(['big:420']);
  });

  it('takes an object of exactly MaxObjSize, without any MaxMsgSize, too', () => {
    const peer = new LockStep();
    peer.says([alert('1201'), devInfo()], { meta: { maxObjSize: 3000 } });
    peer.plans(replace('a', 'x'.repeat(3000)), replace('b', 'x'.repeat(3001)));
    expect(own(peer.answers())).toContain('Replace');
    expect(peer.told).toEqual([]);
  });

  it.each<[string, readonly number[], boolean, number]>([
    ['an error', [420], false, 420],
    ['412 and Alert 1225', [412], true, 412],
    ['Alert 1225 alone', [], true, 500],
    ['success before the end', [200], false, 500],
  ])('ends with %s; the next command goes on', (_, codes, broken, outcome) => {
    const { peer, message } = started('x'.repeat(2000));
    peer.plans(get('next'));
    const statuses = codes.map((code) => status(1, object(message).cmdId, 'Add', code));
    peer.says([headerOk(1), ...statuses, ...(broken ? [alert('1225')] : [])], { final: false });
    expect(peer.told).toEqual([`big:${outcome}`]);
    expect(own(peer.answers())).toEqual([...(broken ? ['Status:Alert:200'] : []), 'Get', 'Final']);
  });

  it('goes on although the device sets Final in every message', () => {
    const { peer, message } = started('x'.repeat(2000));
    peer.says([headerOk(1), status(1, object(message).cmdId, 'Add', 213)]);
    expect(own(peer.answers())).toEqual(['Add+']);
  });

  it('waits for the Status of a chunk while the device has more to say', () => {
    const { peer, message } = started('x'.repeat(2000));
    peer.says([headerOk(1), alert('1224')], { final: false });
    expect(own(peer.answers())).toEqual(['Status:Alert:200', 'Alert:1222']);
    peer.says([headerOk(2), status(1, object(message).cmdId, 'Add', 213)], { final: false });
    expect(own(peer.answers())).toEqual(['Add+']);
  });

  it('reads a closed package without a Status as the end of the object', () => {
    const { peer } = started('x'.repeat(2000));
    peer.says([headerOk(1)]);
    expect(peer.told).toEqual(['big:500']);
    expect(own(peer.answers())).toEqual(['Final']);
  });
});

function asked(): LockStep {
  const peer = new LockStep({ announce: { maxMsgSize: 100000, maxObjSize: 1000 } });
  peer.begins(get('a'));
  return peer;
}

function chunk(data: Item['data'], more: boolean, size?: number): Item {
  return {
    source: { locUri: './a' },
    ...(data === undefined ? {} : { data }),
    ...(size === undefined ? {} : { meta: { size, format: 'chr' } }),
    ...(more ? { moreData: true as const } : {}),
  };
}

describe('large objects in (DM-1.3 §8)', () => {
  it('plays the chart "Get a Large Object"', () => {
    const peer = asked();
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Status:Results:213', 'Alert:1222']);
    peer.says([headerOk(2), status(2, 3, 'Alert', 200), results(1, 4, [chunk('def', true)])], { final: false });
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Status:Results:213', 'Alert:1222']);
    expect(peer.told).toEqual([]);
    peer.says([headerOk(3), status(3, 3, 'Alert', 200), results(1, 4, [chunk('ghi', false)])]);
    expect(peer.outcomes).toMatchObject([
      { id: 'a', status: 200, results: [{ source: './a', data: 'abcdefghi', meta: { format: 'chr' } }] },
    ]);
    expect(peer.outcomes[0]?.results[0]?.meta).not.toHaveProperty('size');
    expect(outline(peer.answers())).toEqual(['Status:SyncHdr:200', 'Final']);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  it('joins opaque chunks as bytes, wherever they were cut', () => {
    const bytes = Buffer.from('aあb😀');
    const peer = asked();
    peer.says(
      [headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk(bytes.subarray(0, 2), true, bytes.length)])],
      { final: false },
    );
    peer.answers();
    peer.says([headerOk(2), results(1, 4, [chunk(bytes.subarray(2, 7), true)])], { final: false });
    peer.answers();
    peer.says([headerOk(3), results(1, 4, [chunk(bytes.subarray(7), false)])]);
    expect(peer.outcomes[0]?.results[0]?.data).toBe('aあb😀');
  });

  it.each<[string, PlainItem['meta'], string, number]>([
    ['as carried', { format: 'b64', size: 8 }, 'AAECAwQ=', 200],
    ['as decoded', { format: 'b64', size: 5 }, 'AAECAwQ=', 200],
    ['in bytes', { format: 'chr', size: 6 }, 'äöü', 200],
    ['left out', { format: 'chr' }, 'xyz', 200],
    ['wrong', { format: 'chr', size: 5 }, 'äöü', 424],
    ['decoded, but no base64', { format: 'chr', size: 5 }, 'AAECAwQ=', 424],
  ])('checks Size %s', (_, meta, text, code) => {
    const peer = asked();
    const first: Item = {
      source: { locUri: './a' },
      data: text.slice(0, 2),
      moreData: true,
      ...(meta === undefined ? {} : { meta }),
    };
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [first])], { final: false });
    peer.answers();
    peer.says([headerOk(2), results(1, 4, [chunk(text.slice(2), false)])]);
    expect(peer.told).toEqual([`a:${code}`]);
    expect(own(peer.answers())).toEqual(code === 424 ? ['Status:Results:424', 'Final'] : ['Final']);
  });

  it('never checks Size of what came whole', () => {
    const peer = asked();
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', false, 77)])]);
    expect(peer.told).toEqual(['a:200']);
  });

  it('answers a new command before the end with Alert 1225, and discards the object', () => {
    const peer = asked();
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    peer.answers();
    peer.says([headerOk(2), alert('1224', [leaf('./e', 'v')])]);
    expect(peer.told).toEqual(['a:500']);
    const message = peer.answers();
    expect(own(message)).toEqual(['Status:Alert:200', 'Alert:1225', 'Final']);
    expect(message.commands.at(-1)).toMatchObject({ items: [{ source: { locUri: './a' } }] });
    peer.says([headerOk(3), status(3, 3, 'Alert', 200)]);
    expect(own(peer.answers())).toEqual(['Final']);
    expect(peer.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  it('keeps the package open while an object is unfinished, Final or not; a Final without a chunk ends it', () => {
    const peer = asked();
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])]);
    expect(own(peer.answers())).toEqual(['Status:Results:213', 'Alert:1222']);
    peer.says([headerOk(2)]);
    expect(peer.told).toEqual(['a:500']);
    expect(own(peer.answers())).toEqual(['Alert:1225', 'Final']);
  });

  it('takes an Alert in chunks: nothing before the last one', () => {
    const meta = { format: 'xml', type: 'x', size: 6 };
    const peer = new LockStep();
    const first: Item = { source: { locUri: './e' }, data: '<a>', meta, moreData: true };
    peer.says(
      [alert('1201'), devInfo(), alert('1226', [leaf('./w', 'whole', { format: 'chr', type: 'y' }), first], 'c')],
      { final: false },
    );
    expect(own(peer.answers())).toEqual(['Status:Alert:200', 'Status:Replace:200', 'Status:Alert:213', 'Alert:1222']);
    expect(peer.effects.filter((effect) => effect.type === 'alertReceived')).toEqual([]);
    peer.says([headerOk(1), alert('1226', [{ source: { locUri: './e' }, data: '<b>' }], 'c')]);
    expect(peer.effects.filter((effect) => effect.type === 'alertReceived')).toEqual([
      {
        type: 'alertReceived',
        alert: {
          code: 1226,
          correlator: 'c',
          items: [
            { source: './w', data: 'whole', meta: { format: 'chr', type: 'y' } },
            { source: './e', data: '<a><b>', meta: { format: 'xml', type: 'x' } },
          ],
        },
      },
    ]);
  });

  it('refuses an object that by its own Size is beyond what it announced, with the first chunk', () => {
    const peer = asked();
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('x', true, 9000)])], { final: false });
    expect(own(peer.answers())).toEqual(['Status:Results:413', 'Alert:1222']);
    peer.says([headerOk(2), results(1, 4, [chunk('y', false)])]);
    expect(own(peer.answers())).toEqual(['Final']);
    expect(peer.told).toEqual(['a:413']);
  });

  it('refuses an object beyond what it announced', () => {
    const peer = asked();
    peer.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('x'.repeat(600), true)])], {
      final: false,
    });
    peer.answers();
    peer.says([headerOk(2), results(1, 4, [chunk('x'.repeat(600), true)])]);
    expect(own(peer.answers())).toEqual(['Status:Results:413', 'Final']);
    expect(peer.told).toEqual(['a:413']);
  });

  it('leaves nothing of the object in a session that was aborted', () => {
    const peer = asked();
    peer.says([headerOk(1), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    peer.answers();
    peer.says([alert('1223')]);
    const { incoming, outstanding }: Dm1Session = peer.session;
    expect([incoming, outstanding]).toEqual([undefined, []]);
    expect(own(peer.answers())).toEqual(['Status:Alert:200', 'Final']);
  });
});
