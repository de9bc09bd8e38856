import { describe, expect, it } from 'vitest';
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
  const peer = new LockStep();
  peer.begins(get('a'), replace('b'));
  const members =
    member === undefined
      ? []
      : [status(1, 4, 'Sequence', member), status(1, 5, 'Get', member), status(1, 6, 'Replace', member)];
  peer.says([{ ...headerOk(1, header), ...(header === 0 ? {} : { chal: CHAL }) }, ...members]);
  return peer;
}

describe('our credentials (DM-1.3 §9)', () => {
  it.each([
    ['407 for all (Android engine)', 407, 407],
    ['407 for SyncHdr alone', 407, undefined],
    ['401', 401, 401],
    ['0 (libdmclient)', 0, 0],
  ])('sends the same commands again with Cred after %s; nothing of it shows', (_, header, member) => {
    const peer = challenged(header, member);
    expect(peer.told).toEqual([]);
    expect(peer.session.serverAuth).toMatchObject({
      state: 'challenged',
      tries: 1,
      ...(header === 0 ? {} : { chal: CHAL }),
    });
    const message = peer.answers('continue', { cred: CRED, locName: 'bridge' });
    expect(own(message)).toEqual(['Sequence[Get,Replace]', 'Final']);
    expect(message.header).toMatchObject({ msgId: 2, cred: CRED, source: { locName: 'bridge' } });
    peer.says([
      headerOk(2, 212),
      status(2, 2, 'Sequence', 200),
      status(2, 3, 'Get', 200),
      status(2, 4, 'Replace', 200),
      results(2, 3, [leaf('./a', 'A')]),
    ]);
    expect(peer.told).toEqual(['a:200', 'b:200']);
    expect(peer.session.serverAuth).toMatchObject({ state: 'accepted', tries: 0 });
  });

  it('puts what was refused in front of what is planned', () => {
    const peer = challenged(407);
    peer.plans(get('later'));
    peer.answers('continue', { cred: CRED });
    expect(peer.session.outstanding.map(({ command }) => command.id)).toEqual(['a', 'b', 'later']);
  });

  it('leaves alone what was executed all the same', () => {
    const peer = new LockStep({ ordering: 'plain' });
    peer.begins(replace('a'), replace('b'));
    peer.says([{ ...headerOk(1, 407), chal: CHAL }, status(1, 4, 'Replace', 200), status(1, 5, 'Replace', 407)]);
    expect(peer.told).toEqual(['a:200']);
    expect(own(peer.answers('continue', { cred: CRED }))).toEqual(['Replace', 'Final']);
    expect(peer.session.outstanding.map(({ command }) => command.id)).toEqual(['b']);
  });

  it('tries twice, then aborts with 500 for all of it', () => {
    const peer = challenged(407);
    peer.plans(get('later'));
    peer.answers('continue', { cred: CRED });
    peer.says([{ ...headerOk(2, 401), chal: CHAL }]);
    expect(own(peer.answers('continue', { cred: CRED }))).toEqual(['Sequence[Get,Replace,Get]', 'Final']);
    peer.says([{ ...headerOk(3, 401), chal: CHAL }, status(3, 2, 'Sequence', 401)]);
    expect(peer.told).toEqual(['a:500', 'b:500', 'later:500']);
    expect(own(peer.answers('continue', { cred: CRED }))).toEqual(['Alert:1223', 'Final']);
    expect(peer.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
  });

  it('aborts at once without credentials to give', () => {
    const peer = challenged(407);
    expect(own(peer.answers())).toEqual(['Alert:1223', 'Final']);
    expect(peer.told).toEqual(['a:500', 'b:500']);
    expect(peer.session.phase).toBe('closed');
  });

  it('sends no more Cred after 212, and one in every message after 200', () => {
    for (const [code, state, expected] of [
      [212, 'accepted', undefined],
      [200, 'everyMessage', CRED],
    ] as const) {
      const peer = challenged(407);
      peer.answers('continue', { cred: CRED });
      peer.says([{ ...headerOk(2, code), chal: CHAL }], { final: false });
      expect(peer.session.serverAuth).toMatchObject({ state, chal: CHAL });
      expect(peer.answers('continue', { cred: CRED }).header.cred).toEqual(expected);
    }
  });

  it('reads 200 for a message without Cred as no wish for one', () => {
    const peer = new LockStep();
    peer.begins(get('a'));
    peer.says([headerOk(1, 200)]);
    expect(peer.session.serverAuth.state).toBe('none');
  });

  it('stays with 212 when later messages get 200', () => {
    const peer = challenged(407);
    peer.answers('continue', { cred: CRED });
    peer.says([headerOk(2, 212)], { final: false });
    peer.answers();
    peer.says([headerOk(3, 200)]);
    expect(peer.session.serverAuth.state).toBe('accepted');
  });

  it('answers a challenge in several messages with Next Message and Cred', () => {
    const peer = new LockStep();
    peer.begins(get('a'));
    peer.says([{ ...headerOk(1, 407), chal: CHAL }], { final: false });
    const message = peer.answers('continue', { cred: CRED });
    expect(own(message)).toEqual(['Alert:1222']);
    expect(message.header.cred).toEqual(CRED);
    peer.says([headerOk(2, 212)]);
    expect(own(peer.answers())).toEqual(['Get', 'Final']);
  });

  it('sends a refused chunk again, not the whole object', () => {
    const peer = new LockStep();
    peer.says([], { meta: { maxMsgSize: 1400 } });
    peer.plans({
      id: 'big',
      name: 'Add',
      items: [{ target: './big', data: 'x'.repeat(1500), meta: { format: 'chr' } }],
    });
    const pieces = [chunkOf(peer.answers())];
    peer.says([headerOk(1), status(1, 2, 'Add', 213)], { final: false });
    const refused = chunkOf(peer.answers());
    peer.says([{ ...headerOk(2, 407), chal: CHAL }, status(2, 2, 'Add', 407)], { final: false });
    const message = peer.answers('continue', { cred: CRED });
    expect(measureXml(message)).toBeLessThanOrEqual(1400);
    expect(refused.startsWith(chunkOf(message))).toBe(true);
    pieces.push(chunkOf(message));
    for (let last = message; !last.final; ) {
      const { msgId } = last.header;
      peer.says([headerOk(msgId, 212), status(msgId, 2, 'Add', 213)], { final: false });
      last = peer.answers();
      pieces.push(chunkOf(last));
    }
    expect(pieces.join('')).toBe('x'.repeat(1500));
    peer.says([headerOk(peer.session.nextMsgId - 1), status(peer.session.nextMsgId - 1, 2, 'Add', 200)]);
    expect(peer.told).toEqual(['big:200']);
  });

  it('sends a refused last chunk again', () => {
    const peer = new LockStep();
    peer.says([], { meta: { maxMsgSize: 1400 } });
    peer.plans({
      id: 'big',
      name: 'Add',
      items: [{ target: './big', data: 'x'.repeat(800), meta: { format: 'chr' } }],
    });
    peer.answers();
    peer.says([headerOk(1), status(1, 2, 'Add', 213)], { final: false });
    const last = chunkOf(peer.answers());
    peer.says([{ ...headerOk(2, 407), chal: CHAL }, status(2, 2, 'Add', 407)]);
    expect(peer.told).toEqual([]);
    const again = peer.answers('continue', { cred: CRED });
    expect([chunkOf(again), again.final]).toEqual([last, true]);
    peer.says([headerOk(3, 212), status(3, 2, 'Add', 200)]);
    expect(peer.told).toEqual(['big:200']);
    expect(own(peer.answers())).toEqual(['Final']);
  });
});

function chunkOf(message: SyncmlMessage): string {
  const [add] = message.commands.flatMap((command) => (command.name === 'Add' ? [command] : []));
  return String(add?.items[0]?.data);
}
