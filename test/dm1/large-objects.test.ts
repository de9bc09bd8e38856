import { describe, expect, test } from 'vitest';
import type { Dm1Session } from '../../src/dm1/session-model.ts';
import type { Mutable } from '../../src/mutable.ts';
import type { Command, Item, Meta, SyncmlMessage } from '../../src/syncml/message.ts';
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

function started(text: string, meta = { format: 'chr' }): { device: LockStep; message: SyncmlMessage } {
  const device = new LockStep();
  device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: MAX } });
  device.plans({ id: 'big', name: 'Add', items: [{ target: './big', data: text, meta }] });
  return { device, message: device.answers() };
}

/** Acknowledges chunks until the object is through. */
function finish(device: LockStep, first: SyncmlMessage, ask: readonly Command[] = []): readonly SyncmlMessage[] {
  const messages = [first];
  for (let message = first; !message.final; ) {
    const { msgId } = message.header;
    device.says([headerOk(msgId), status(msgId, object(message).cmdId, 'Add', 213), ...ask], { final: false });
    message = device.answers();
    messages.push(message);
  }
  return messages;
}

describe('a large object for the device (DM-1.3 §8)', () => {
  test('is sent as in the chart "Add a Large Object"', () => {
    const { device, message } = started('x'.repeat(1200));
    const messages = finish(device, message, [alert('1222')]);
    expect(messages.map(own)).toEqual([
      ['Status:Alert:200', 'Status:Replace:200', 'Add+'],
      ['Status:Alert:200', 'Add+'],
      ['Status:Alert:200', 'Add', 'Final'],
    ]);
    const last = messages.at(-1);
    if (last === undefined) throw new Error();
    device.says([headerOk(3), status(3, object(last).cmdId, 'Add', 200)]);
    expect(device.outcomeStatuses).toEqual(['big:200']);
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Final']);
  });

  test.each([
    ['ASCII', 'x'.repeat(3000)],
    ['markup that is escaped', '<&>'.repeat(900)],
    ['characters of two, three and four bytes', 'äあ😀'.repeat(400)],
    ['half escaped', `${'x'.repeat(2000)}${'&'.repeat(800)}`],
  ])('of %s is cut between characters, within MaxMsgSize, with Size on the first chunk only', (_, text) => {
    const { device, message } = started(text);
    const messages = finish(device, message);
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

  test('of a megabyte is never written as a whole in order to measure it', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: MAX } });
    device.plans(replace('small'), replace('big', 'x'.repeat(1_000_000)));
    const weighed: number[] = [];
    const measure = (message: SyncmlMessage) => {
      weighed.push(measureXml(message));
      return measureXml(message);
    };
    const first = device.answers('continue', { measure });
    expect(own(first)).toContain('Replace');
    device.says([headerOk(1), status(1, object(first).cmdId, 'Replace', 200)]);
    expect(own(device.answers('continue', { measure }))).toEqual(['Replace+']);
    expect(Math.max(...weighed)).toBeLessThan(4 * MAX);
  });

  test('ends the session when a message has no room for any chunk', () => {
    const secondAnswer = (maxMsgSize: number, text: string) => {
      const device = new LockStep();
      const first = device.begins(get('a'));
      device.says([headerOk(1), status(1, cmdIdOf(first, 0), 'Get', 404)], { meta: { maxMsgSize } });
      if (text !== '') device.plans(replace('big', text));
      return { device, message: device.answers() };
    };
    const empty = measureXml(secondAnswer(10_000, '').message);
    const { device, message } = secondAnswer(empty + 63, 'x'.repeat(5000));
    expect(own(message)).toEqual(['Alert:1223', 'Final']);
    expect(device.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
    expect(device.outcomeStatuses).toEqual(['a:404']);
  });

  test('is not cut when it fits, or when no limit is known (DM-PRO-LO-S-005-M)', () => {
    expect(own(started('x'.repeat(100)).message)).toContain('Add');
    expect(own(new LockStep().begins(replace('a', 'x'.repeat(100000))))).toContain('Replace');
  });

  test.each([
    ['larger than MaxObjSize in characters', 'x'.repeat(3001)],
    ['larger than MaxObjSize in bytes only', 'ä'.repeat(1501)],
  ])('is never sent when it is %s', (_, text) => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: MAX, maxObjSize: 3000 } });
    device.plans(replace('big', text), replace('small'));
    expect(own(device.answers())).toEqual(['Status:Alert:200', 'Status:Replace:200', 'Replace', 'Final']);
    expect(device.outcomeStatuses).toEqual(['big:420']);
  });

  test('is never sent when it is larger than MaxObjSize, although a message has room for it', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 100_000, maxObjSize: 3000 } });
    device.plans(replace('big', 'x'.repeat(3001)));
    expect(own(device.answers())).not.toContain('Replace');
    expect(device.outcomeStatuses).toEqual(['big:420']);
  });

  test('of exactly MaxObjSize is sent, even without a MaxMsgSize', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxObjSize: 3000 } });
    device.plans(replace('a', 'x'.repeat(3000)), replace('b', 'x'.repeat(3001)));
    expect(own(device.answers())).toContain('Replace');
    expect(device.outcomeStatuses).toEqual([]);
  });

  test.each<[string, readonly number[], boolean, number]>([
    ['an error', [420], false, 420],
    ['412 and Alert 1225', [412], true, 412],
    ['Alert 1225 alone', [], true, 500],
    ['success before the end', [200], false, 500],
    ['213 and Alert 1225', [213], true, 500],
  ])('ends with %s, and the next command is sent', (_, codes, broken, outcome) => {
    const { device, message } = started('x'.repeat(2000));
    device.plans(get('next'));
    const statuses = codes.map((code) => status(1, object(message).cmdId, 'Add', code));
    device.says([headerOk(1), ...statuses, ...(broken ? [alert('1225')] : [])], { final: false });
    expect(device.outcomeStatuses).toEqual([`big:${outcome}`]);
    expect(own(device.answers())).toEqual([...(broken ? ['Status:Alert:200'] : []), 'Get', 'Final']);
  });

  test('has the Statuses of its Items in the outcome of a failure', () => {
    const { device, message } = started('x'.repeat(2000));
    const refs = { targetRefs: ['./big'] };
    device.says([headerOk(1), status(1, object(message).cmdId, 'Add', 420, refs)], { final: false });
    expect(device.outcomes).toMatchObject([{ id: 'big', itemStatuses: [{ target: './big', status: 420 }] }]);
  });

  test('continues when the device sets Final in every message', () => {
    const { device, message } = started('x'.repeat(2000));
    device.says([headerOk(1), status(1, object(message).cmdId, 'Add', 213)]);
    expect(own(device.answers())).toEqual(['Add+']);
  });

  test('waits for the Status of a chunk while the device has more messages', () => {
    const { device, message } = started('x'.repeat(2000));
    device.says([headerOk(1), alert('1224')], { final: false });
    expect(own(device.answers())).toEqual(['Status:Alert:200', 'Alert:1222']);
    device.says([headerOk(2), status(1, object(message).cmdId, 'Add', 213)], { final: false });
    expect(own(device.answers())).toEqual(['Add+']);
  });

  test('ends when the device closes its package without a Status for the chunk', () => {
    const { device } = started('x'.repeat(2000));
    device.says([headerOk(1)]);
    expect(device.outcomeStatuses).toEqual(['big:500']);
    expect(own(device.answers())).toEqual(['Final']);
  });
});

function asked(): LockStep {
  const device = new LockStep({ announce: { maxMsgSize: 100000, maxObjSize: 1000 } });
  device.begins(get('a'));
  return device;
}

function chunk(data: Item['data'], more: boolean, size?: number): Item {
  const item: Mutable<Item> = { source: { locUri: './a' } };
  if (data !== undefined) item.data = data;
  if (size !== undefined) item.meta = { size, format: 'chr' };
  if (more) item.moreData = true;
  return item;
}

describe('a large object of the device (DM-1.3 §8)', () => {
  test('is received as in the chart "Get a Large Object"', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Status:Results:213', 'Alert:1222']);
    device.says([headerOk(2), status(2, 3, 'Alert', 200), results(1, 4, [chunk('def', true)])], { final: false });
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Status:Results:213', 'Alert:1222']);
    expect(device.outcomeStatuses).toEqual([]);
    device.says([headerOk(3), status(3, 3, 'Alert', 200), results(1, 4, [chunk('ghi', false)])]);
    expect(device.outcomes).toMatchObject([
      { id: 'a', status: 200, results: [{ source: './a', data: 'abcdefghi', meta: { format: 'chr' } }] },
    ]);
    expect(device.outcomes[0]?.results[0]?.meta).not.toHaveProperty('size');
    expect(outline(device.answers())).toEqual(['Status:SyncHdr:200', 'Final']);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  test('is whole when the device answers its Get with 213 and then sends the last chunk', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 213), results(1, 4, [chunk('abc', true, 6)])], { final: false });
    device.answers();
    device.says([headerOk(2), status(2, 3, 'Alert', 200), results(1, 4, [chunk('def', false)])]);
    expect(device.outcomes).toMatchObject([{ id: 'a', status: 200, results: [{ data: 'abcdef' }] }]);
  });

  test.each([4, 5])('in opaque chunks with a NUL at the end may count it in Size or not: %i', (size) => {
    const device = asked();
    const bytes = Buffer.from('abcd\0');
    const pieces = [chunk(bytes.subarray(0, 2), true, size), chunk(bytes.subarray(2), false)];
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, pieces.slice(0, 1))], { final: false });
    device.answers();
    device.says([headerOk(2), results(1, 4, pieces.slice(1))]);
    expect(device.outcomes).toMatchObject([{ status: 200, results: [{ data: 'abcd' }] }]);
  });

  test('in opaque chunks is joined as bytes, at any cut', () => {
    const bytes = Buffer.from('aあb😀');
    const device = asked();
    device.says(
      [headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk(bytes.subarray(0, 2), true, bytes.length)])],
      { final: false },
    );
    device.answers();
    device.says([headerOk(2), results(1, 4, [chunk(bytes.subarray(2, 7), true)])], { final: false });
    device.answers();
    device.says([headerOk(3), results(1, 4, [chunk(bytes.subarray(7), false)])]);
    expect(device.outcomes[0]?.results[0]?.data).toBe('aあb😀');
  });

  test.each<[string, Meta, string, number]>([
    ['as carried', { format: 'b64', size: 8 }, 'AAECAwQ=', 200],
    ['as decoded', { format: 'b64', size: 5 }, 'AAECAwQ=', 200],
    ['in bytes', { format: 'chr', size: 6 }, 'äöü', 200],
    ['left out', { format: 'chr' }, 'xyz', 200],
    ['wrong', { format: 'chr', size: 5 }, 'äöü', 424],
    ['decoded, but no base64', { format: 'chr', size: 5 }, 'AAECAwQ=', 424],
  ])('is compared with its Size: %s', (_, meta, text, code) => {
    const device = asked();
    const first: Item = { source: { locUri: './a' }, data: text.slice(0, 2), moreData: true, meta };
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [first])], { final: false });
    device.answers();
    device.says([headerOk(2), results(1, 4, [chunk(text.slice(2), false)])]);
    expect(device.outcomeStatuses).toEqual([`a:${code}`]);
    expect(own(device.answers())).toEqual(code === 424 ? ['Status:Results:424', 'Final'] : ['Final']);
  });

  test('that came whole is not compared with its Size', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', false, 77)])]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
  });

  test('is discarded when a new command comes before its end, and Alert 1225 says so', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    device.answers();
    device.says([headerOk(2), alert('1224', [leaf('./e', 'v')])]);
    expect(device.outcomeStatuses).toEqual(['a:500']);
    const message = device.answers();
    expect(own(message)).toEqual(['Status:Alert:200', 'Alert:1225', 'Final']);
    expect(message.commands.at(-1)).toMatchObject({ items: [{ source: { locUri: './a' } }] });
    expect(device.session.phase).toBe('awaitingDevice');
    device.says([headerOk(3), status(3, 3, 'Alert', 200)]);
    expect(own(device.answers())).toEqual(['Final']);
    expect(device.effects.filter((effect) => effect.type === 'tolerated')).toEqual([]);
  });

  test("keeps the device's package open despite Final; a Final without a chunk ends the object", () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])]);
    expect(own(device.answers())).toEqual(['Status:Results:213', 'Alert:1222']);
    device.says([headerOk(2)]);
    expect(device.outcomeStatuses).toEqual(['a:500']);
    expect(own(device.answers())).toEqual(['Alert:1225', 'Final']);
  });

  test('in an Alert takes effect after its last chunk only', () => {
    const meta = { format: 'xml', type: 'x', size: 6 };
    const device = new LockStep();
    const first: Item = { source: { locUri: './e' }, data: '<a>', meta, moreData: true };
    device.says(
      [alert('1201'), devInfo(), alert('1226', [leaf('./w', 'whole', { format: 'chr', type: 'y' }), first], 'c')],
      { final: false },
    );
    expect(own(device.answers())).toEqual(['Status:Alert:200', 'Status:Replace:200', 'Status:Alert:213', 'Alert:1222']);
    expect(device.effects.filter((effect) => effect.type === 'alertReceived')).toEqual([]);
    device.says([headerOk(1), alert('1226', [{ source: { locUri: './e' }, data: '<b>' }], 'c')]);
    expect(device.effects.filter((effect) => effect.type === 'alertReceived')).toEqual([
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

  test('is refused with its first chunk when its Size is above the announced MaxObjSize', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('x', true, 9000)])], { final: false });
    expect(own(device.answers())).toEqual(['Status:Results:413', 'Alert:1222']);
    device.says([headerOk(2), results(1, 4, [chunk('y', false)])]);
    expect(own(device.answers())).toEqual(['Final']);
    expect(device.outcomeStatuses).toEqual(['a:413']);
  });

  test('is refused when it grows above the announced MaxObjSize', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('x'.repeat(600), true)])], {
      final: false,
    });
    device.answers();
    device.says([headerOk(2), results(1, 4, [chunk('x'.repeat(600), true)])]);
    expect(own(device.answers())).toEqual(['Status:Results:413', 'Final']);
    expect(device.outcomeStatuses).toEqual(['a:413']);
  });

  test('goes on after an Alert that only controls the flow of messages', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 6)])], { final: false });
    device.answers();
    device.says([headerOk(2), alert('1222'), results(1, 4, [chunk('def', false)])]);
    expect(device.outcomes).toMatchObject([{ id: 'a', status: 200, results: [{ data: 'abcdef' }] }]);
  });

  test('in an Alert does not go on with an Alert of another code', () => {
    const meta = { format: 'chr', type: 'x' };
    const device = new LockStep();
    device.says([alert('1201'), alert('1226', [{ ...leaf('./e', 'a', meta), moreData: true }])], { final: false });
    device.answers();
    device.says([headerOk(1), alert('1224', [leaf('./e', 'b', meta)]), devInfo()]);
    expect(device.effects.flatMap((effect) => (effect.type === 'alertReceived' ? [effect.alert.code] : []))).toEqual([
      1224,
    ]);
    expect(own(device.answers())).toContain('Alert:1225');
  });

  test('does not go on with the Results of another node', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    device.answers();
    device.says([headerOk(2), results(1, 4, [leaf('./other', 'def')])]);
    expect(device.outcomeStatuses).toEqual(['a:500']);
    expect(own(device.answers())).toContain('Alert:1225');
  });

  test('without a name ends with an Alert 1225 without Items', () => {
    const device = new LockStep();
    device.says([alert('1201'), alert('1226', [{ data: 'a', moreData: true }])], { final: false });
    device.answers();
    device.says([headerOk(1), devInfo()]);
    const alerts = device.answers().commands.filter(({ name }) => name === 'Alert');
    expect(alerts).toMatchObject([{ data: '1225', items: [] }]);
  });

  test('is joined from text and opaque chunks', () => {
    const device = asked();
    device.says([headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [chunk('aé', true)])], { final: false });
    device.answers();
    device.says([headerOk(2), results(1, 4, [chunk(Buffer.from('ü'), false)])]);
    expect(device.outcomes[0]?.results[0]?.data).toBe('aéü');
  });

  test('that failed decides the outcome, even when the device then aborts the session', () => {
    const device = asked();
    device.says([headerOk(1), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    device.answers();
    device.says([headerOk(2), results(1, 4, [chunk('d', false)])], { final: false });
    device.answers();
    device.says([alert('1223')]);
    expect(device.outcomeStatuses).toEqual(['a:424']);
  });

  test('leaves nothing in a session that was aborted', () => {
    const device = asked();
    device.says([headerOk(1), results(1, 4, [chunk('abc', true, 9)])], { final: false });
    device.answers();
    device.says([alert('1223')]);
    const { incoming, outstanding }: Dm1Session = device.session;
    expect([incoming, outstanding]).toEqual([undefined, []]);
    expect(own(device.answers())).toEqual(['Status:Alert:200', 'Final']);
  });
});
