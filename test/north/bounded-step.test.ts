/** One step of a session does a bounded amount of work, in which each request of a workflow counts, calls to the session too. */
import { expect, test } from 'vitest';
import { immediateResult } from '../../src/north/immediate-results.ts';
import type { ExecutingSession } from '../../src/north/north-session.ts';
import { isAwaitingReply } from '../../src/north/pending-requests.ts';
import { Progress } from '../../src/north/progress.ts';
import { openNorthSession, stepNorth } from '../../src/north/step.ts';
import { context, knowledgeOf, SRV_URI } from './model/play.ts';
import { DCMO, KNOWN } from './model/simulated-device.ts';

const environment = { context, version: '1.2', at: 0, maxCommands: 5_000, outbox: [] } as const;

/** The step that begins with so many commands for the device. */
function begun(count: number) {
  const device = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
  const opened = stepNorth(environment, { north: openNorthSession('n', SRV_URI), device }, { type: 'opened' });
  const id = opened.state.north.phase === 'posting' ? opened.state.north.post.id : '';
  const commands = Array.from({ length: count }, () => ['GET', `${DCMO}/usb/Property`]);
  const reply = { status: 200, headers: {}, body: { text: JSON.stringify({ CMD: commands }) } };
  return stepNorth(environment, opened.state, { type: 'replied', id, reply });
}

test('a step with fewer commands than its limit of requests pauses, because the requests of the commands count', () => {
  const { effects } = begun(250);
  const sent = effects.flatMap((effect) => (effect.type === 'deviceCommands' ? effect.commands : []));
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThan(250 / 2);
  expect(effects.at(-1)).toEqual({ type: 'paused' });
});

test('a session that has paused says so in its stored form, and goes on after a restart', () => {
  const { state } = begun(250);
  expect(isAwaitingReply(JSON.parse(JSON.stringify(state.north)))).toBe(true);
  expect(isAwaitingReply(begun(1).state.north)).toBe(false);
});

test('each request for a Correlator gets another one', () => {
  const north: ExecutingSession = { ...openNorthSession('n', SRV_URI), phase: 'executing', runs: [] };
  const draft = { environment, progress: new Progress(), north, device: knowledgeOf(), effects: [], at: 0 };
  const correlators = [1, 2].map(() => immediateResult(draft, { kind: 'correlator' }));
  expect(new Set(correlators.map((result) => JSON.stringify(result))).size).toBe(2);
});
