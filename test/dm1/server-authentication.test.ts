import { describe, expect, test } from 'vitest';
import type { SyncmlMessage } from '../../src/syncml/message.ts';
import {
  CHAL,
  CRED,
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

function own(message: SyncmlMessage): readonly string[] {
  return outline(message).filter((each) => !each.startsWith('Status:SyncHdr'));
}

/** A device that wants credentials, after our first package. */
function challenged(header: number, member?: number): LockStep {
  const device = new LockStep();
  device.begins(get('a'), replace('b'));
  const members =
    member === undefined
      ? []
      : [status(1, 4, 'Sequence', member), status(1, 5, 'Get', member), status(1, 6, 'Replace', member)];
  const answer = headerOk(1, header);
  device.says([header === 0 ? answer : { ...answer, chal: CHAL }, ...members]);
  return device;
}

describe('a challenge of the device (DM-1.3 §9)', () => {
  test.each([
    ['407 for all (Android engine)', 407, 407],
    ['407 for SyncHdr alone', 407, undefined],
    ['401', 401, 401],
    ['0 (libdmclient)', 0, 0],
  ])('makes the bridge send the same commands again with Cred, without an outcome: %s', (_, header, member) => {
    const device = challenged(header, member);
    expect(device.outcomeStatuses).toEqual([]);
    expect(device.session.serverAuth).toMatchObject({ state: 'challenged', tries: 1 });
    expect(device.session.serverAuth.chal).toEqual(header === 0 ? undefined : CHAL);
    const message = device.answers('continue', { cred: CRED, locName: 'bridge' });
    expect(own(message)).toEqual(['Sequence[Get,Replace]', 'Final']);
    expect(message.header).toMatchObject({ msgId: 2, cred: CRED, source: { locName: 'bridge' } });
    device.says([
      headerOk(2, 212),
      status(2, 2, 'Sequence', 200),
      status(2, 3, 'Get', 200),
      status(2, 4, 'Replace', 200),
      results(2, 3, [leaf('./a', 'A')]),
    ]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:200']);
    expect(device.session.serverAuth).toMatchObject({ state: 'accepted', tries: 0 });
  });

  test('puts the refused commands in front of the queue', () => {
    const device = challenged(407);
    device.plans(get('later'));
    device.answers('continue', { cred: CRED });
    expect(device.session.outstanding.map(({ command }) => command.id)).toEqual(['a', 'b', 'later']);
  });

  test('does not repeat commands that were executed all the same', () => {
    const device = new LockStep({ ordering: 'plain' });
    device.begins(replace('a'), replace('b'));
    device.says([{ ...headerOk(1, 407), chal: CHAL }, status(1, 4, 'Replace', 200), status(1, 5, 'Replace', 407)]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
    expect(own(device.answers('continue', { cred: CRED }))).toEqual(['Replace', 'Final']);
    expect(device.session.outstanding.map(({ command }) => command.id)).toEqual(['b']);
  });

  test('is answered twice; then the session is aborted, and all commands get 500', () => {
    const device = challenged(407);
    device.plans(get('later'));
    device.answers('continue', { cred: CRED });
    device.says([{ ...headerOk(2, 401), chal: CHAL }]);
    expect(own(device.answers('continue', { cred: CRED }))).toEqual(['Sequence[Get,Replace,Get]', 'Final']);
    device.says([{ ...headerOk(3, 401), chal: CHAL }, status(3, 2, 'Sequence', 401), status(3, 3, 'Get', 401)]);
    expect(device.outcomeStatuses).toEqual(['a:500', 'b:500', 'later:500']);
    const last = device.answers('continue', { cred: CRED });
    expect(own(last)).toEqual(['Alert:1223', 'Final']);
    expect(last.header.cred).toBeUndefined();
    expect(device.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
  });

  test('aborts the session at once when the bridge has no credentials', () => {
    const device = challenged(407);
    expect(own(device.answers())).toEqual(['Alert:1223', 'Final']);
    expect(device.outcomeStatuses).toEqual(['a:500', 'b:500']);
    expect(device.session.phase).toBe('closed');
  });

  test('needs no more Cred after 212, and one in every message after 200', () => {
    for (const [code, state, expected] of [
      [212, 'accepted', undefined],
      [200, 'everyMessage', CRED],
    ] as const) {
      const device = challenged(407);
      device.answers('continue', { cred: CRED });
      device.says([{ ...headerOk(2, code), chal: CHAL }], { final: false });
      expect(device.session.serverAuth).toMatchObject({ state, chal: CHAL });
      expect(device.answers('continue', { cred: CRED }).header.cred).toEqual(expected);
    }
  });

  test('is not assumed after 200 for a message without Cred', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(1, 200)]);
    expect(device.session.serverAuth.state).toBe('none');
  });

  test('is over for the session after 212, even when later messages get 200', () => {
    const device = challenged(407);
    device.answers('continue', { cred: CRED });
    device.says([headerOk(2, 212)], { final: false });
    device.answers();
    device.says([headerOk(3, 200)]);
    expect(device.session.serverAuth.state).toBe('accepted');
  });

  test('in an open package is answered with Next Message and Cred', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([{ ...headerOk(1, 407), chal: CHAL }], { final: false });
    const message = device.answers('continue', { cred: CRED });
    expect(own(message)).toEqual(['Alert:1222']);
    expect(message.header.cred).toEqual(CRED);
    device.says([headerOk(2, 212)]);
    expect(own(device.answers())).toEqual(['Get', 'Final']);
  });

  test('makes the bridge send a refused chunk again, not the whole object', () => {
    const device = new LockStep();
    device.says([], { meta: { maxMsgSize: 1400 } });
    device.plans({
      id: 'big',
      name: 'Add',
      items: [{ target: './big', data: 'x'.repeat(1500), meta: { format: 'chr' } }],
    });
    const pieces = [chunkOf(device.answers())];
    device.says([headerOk(1), status(1, 2, 'Add', 213)], { final: false });
    const refused = chunkOf(device.answers());
    device.says([{ ...headerOk(2, 407), chal: CHAL }, status(2, 2, 'Add', 407)], { final: false });
    const message = device.answers('continue', { cred: CRED });
    expect(measureXml(message)).toBeLessThanOrEqual(1400);
    expect(refused.startsWith(chunkOf(message))).toBe(true);
    pieces.push(chunkOf(message));
    for (let last = message; !last.final; ) {
      const { msgId } = last.header;
      device.says([headerOk(msgId, 212), status(msgId, 2, 'Add', 213)], { final: false });
      last = device.answers();
      pieces.push(chunkOf(last));
    }
    expect(pieces.join('')).toBe('x'.repeat(1500));
    device.says([headerOk(device.session.nextMsgId - 1), status(device.session.nextMsgId - 1, 2, 'Add', 200)]);
    expect(device.outcomeStatuses).toEqual(['big:200']);
  });

  test('of a chunk gives the object 500 when the bridge has no credentials', () => {
    const device = new LockStep();
    device.says([], { meta: { maxMsgSize: 1400 } });
    device.plans(replace('big', 'x'.repeat(1500)));
    device.answers();
    device.says([{ ...headerOk(1, 407), chal: CHAL }, status(1, 2, 'Replace', 407)], { final: false });
    expect(own(device.answers())).toEqual(['Alert:1223', 'Final']);
    expect(device.outcomeStatuses).toEqual(['big:500']);
  });

  test('makes the bridge send a refused last chunk again', () => {
    const device = new LockStep();
    device.says([], { meta: { maxMsgSize: 1400 } });
    device.plans({
      id: 'big',
      name: 'Add',
      items: [{ target: './big', data: 'x'.repeat(800), meta: { format: 'chr' } }],
    });
    device.answers();
    device.says([headerOk(1), status(1, 2, 'Add', 213)], { final: false });
    const last = chunkOf(device.answers());
    device.says([{ ...headerOk(2, 407), chal: CHAL }, status(2, 2, 'Add', 407)]);
    expect(device.outcomeStatuses).toEqual([]);
    const again = device.answers('continue', { cred: CRED });
    expect([chunkOf(again), again.final]).toEqual([last, true]);
    device.says([headerOk(3, 212), status(3, 2, 'Add', 200)]);
    expect(device.outcomeStatuses).toEqual(['big:200']);
    expect(own(device.answers())).toEqual(['Final']);
  });
});

function chunkOf(message: SyncmlMessage): string {
  const [add] = message.commands.flatMap((command) => (command.name === 'Add' ? [command] : []));
  return String(add?.items[0]?.data);
}
