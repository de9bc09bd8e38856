/**
 * Plays a transcript against the whole bridge, in lock step: sends what the device sends, answers as the backend and the
 * Data Repository answer, and holds everything that the bridge sends against the file, in order.
 */
import { expect } from 'vitest';
import type { Backend, IncomingReply, OutgoingRequest } from '../../../src/bridge/ports.ts';
import type { Content } from '../../../src/dm2/package.ts';
import { type BridgeFixture, openBridgeFixture } from '../bridge-fixture.ts';
import { expectMessage } from './expect-message.ts';
import type { Step, StepKind } from './parse.ts';
import { type Bindings, escapeJson, escapeXml, fillIn } from './placeholders.ts';
import type { BridgeSetup } from './setup.ts';
import { type WireForm, type WireMessage, XML_FORM } from './wire-form.ts';

const FORM = 'application/vnd.syncml.dm+xml';

/** Where the play stands; the backend's half runs inside the device's, so both share it. */
interface Play {
  readonly steps: readonly Step[];
  next: number;
  readonly bindings: Bindings;
  readonly form: WireForm;
  readonly lastOf: Map<StepKind, WireMessage>;
  /** What the bridge sent and should not have; kept because the bridge must not see our complaint. */
  complaint: unknown;
}

export interface Manner {
  /** The bridge is closed and opened anew on the same store before every message of the device. */
  readonly restarts?: boolean;
  /** What the device speaks; XML if absent. */
  readonly form?: WireForm;
}

/** Every step in order; whatever the bridge sends must be what the file says. */
export async function playBridge(
  setup: BridgeSetup,
  steps: readonly Step[],
  { restarts = false, form = XML_FORM }: Manner = {},
): Promise<void> {
  const play: Play = { steps, next: 0, bindings: new Map(), form, lastOf: new Map(), complaint: undefined };
  play.bindings.set('MaxMsgSize', String(setup.maxMsgSize?.[form.isWbxml ? 'wbxml' : 'xml'] ?? ''));
  const fixture = await openBridgeFixture(setup, scriptedBackend(play), { durable: restarts });
  try {
    while (play.next < steps.length) await playStep(play, fixture, restarts);
    expectDiscretion(setup, fixture);
  } finally {
    await fixture.close();
  }
}

/** Logs go to many places: no password, and nothing that the setup names, may be in them. */
function expectDiscretion(setup: BridgeSetup, fixture: BridgeFixture): void {
  const secrets = [...setup.devices.map(({ password }) => password), ...(setup.neverLogged ?? [])];
  const told = fixture.logs().filter((line) => secrets.some((secret) => line.includes(secret)));
  expect(told, 'log lines with secrets').toEqual([]);
}

async function playStep(play: Play, fixture: BridgeFixture, restarts: boolean): Promise<void> {
  const step = take(play);
  if (step.kind === 'time passes') return await passTime(play, fixture, Number(step.body));
  if (step.kind !== 'device → bridge') throw new Error(`line ${step.line}: the bridge did not send this: ${step.kind}`);
  if (restarts) await fixture.restart();
  const answer = await fixture.post(deviceMessage(play, step));
  if (play.complaint !== undefined) throw play.complaint;
  const expected = take(play);
  expect(expected.kind, `line ${expected.line}`).toBe('bridge → device');
  if (expected.again) expect(answer, `line ${expected.line}: the same bytes`).toEqual(play.lastOf.get(expected.kind));
  else expectMessage(expected, play.form.fromWire(answer), play.bindings);
  play.lastOf.set(expected.kind, answer);
}

/** What is due by then happens then, the calls to the backend included that the file shows next. */
async function passTime(play: Play, fixture: BridgeFixture, milliseconds: number): Promise<void> {
  fixture.advance(milliseconds);
  await fixture.background();
  if (play.complaint !== undefined) throw play.complaint;
}

function take(play: Play): Step {
  const step = play.steps[play.next];
  if (step === undefined) throw new Error('the transcript ends too early');
  play.next += 1;
  return step;
}

function deviceMessage(play: Play, step: Step): WireMessage {
  const last = play.lastOf.get(step.kind);
  const message =
    step.again && last !== undefined
      ? last
      : play.form.toWire({
          startLine: fillIn(step.startLine, play.bindings),
          headers: { 'content-type': FORM, ...step.headers },
          body: fillIn(step.body, play.bindings, escapeXml),
        });
  play.lastOf.set(step.kind, message);
  return message;
}

function scriptedBackend(play: Play): Backend {
  return {
    send: async (request) => {
      try {
        return handleMessage(play, request);
      } catch (complaint) {
        play.complaint ??= complaint;
        return { failure: 'unreachable', reason: 'the transcript has no such request' };
      }
    },
  };
}

function handleMessage(play: Play, request: OutgoingRequest): IncomingReply {
  const expected = take(play);
  const side = request.purpose === 'package' ? 'backend' : 'repository';
  const actual = {
    startLine: `${request.method} ${request.url}`,
    headers: request.headers,
    body: textOf(request.body),
  };
  expect(`${expected.kind}, ${expected.line}`, JSON.stringify(actual)).toBe(`bridge → ${side}, ${expected.line}`);
  expectMessage(expected, actual, play.bindings);
  const reply = take(play);
  expect(reply.kind, `line ${reply.line}`).toBe(`${side} → bridge`);
  return toReply(play, reply);
}

/** `HTTP/1.1 200` and so on; `TIMEOUT` and `UNREACHABLE` stand for an answer that never came. */
function toReply(play: Play, step: Step): IncomingReply {
  if (step.startLine === 'TIMEOUT') return { failure: 'timeout', reason: 'no answer in time' };
  if (step.startLine === 'UNREACHABLE') return { failure: 'unreachable', reason: 'connection refused' };
  const status = Number(step.startLine.split(' ')[1]);
  return { status, headers: step.headers, body: { text: fillIn(step.body, play.bindings, escapeJson) } };
}

function textOf(content: Content | undefined): string {
  if (content === undefined) return '';
  return 'text' in content ? content.text : Buffer.from(content.base64, 'base64').toString('latin1');
}
