/**
 * Plays a transcript against the whole bridge, in lock step: sends the messages of the device, answers as the backend and
 * the Data Repository, and compares everything that the bridge sends with the file, in order.
 */
import { expect } from 'vitest';
import type { Backend, IncomingReply, OutgoingRequest } from '../../../src/bridge/ports.ts';
import type { Content } from '../../../src/dm2/package.ts';
import { NOTIFICATION_TYPES } from '../../../src/notification/notification-message.ts';
import { type BridgeFixture, openBridgeFixture } from '../bridge-fixture.ts';
import { expectMessage } from './expect-message.ts';
import type { Step, StepKind } from './parse.ts';
import { type Bindings, escapeJson, escapeXml, fillIn } from './placeholders.ts';
import { type BridgeSetup, initialBindings } from './setup.ts';
import { type WireForm, type WireMessage, XML_FORM } from './wire-form.ts';

const MEDIA_TYPE = 'application/vnd.syncml.dm+xml';

export interface PlayOptions {
  /** Closes the bridge before every message of the device, and opens it again on the same store. */
  readonly restarts?: boolean;
  /** The encoding of the device's messages; XML if absent. */
  readonly form?: WireForm;
}

/** Plays all steps; fails at the first message of the bridge that differs from the file. */
export async function playBridge(setup: BridgeSetup, steps: readonly Step[], options: PlayOptions = {}): Promise<void> {
  const { restarts = false, form = XML_FORM } = options;
  const play = new BridgePlay(steps, form, initialBindings(setup, form));
  const fixture = await openBridgeFixture(setup, play.backend, { durable: restarts });
  try {
    await play.run(fixture, restarts);
    expect(fixture.nextPush(), 'a notification that the transcript does not have').toBeUndefined();
    expectNoSecrets(setup, fixture.logs());
  } finally {
    await fixture.close();
  }
}

/** Expects that the log has no password, and nothing that the setup lists. */
function expectNoSecrets(setup: BridgeSetup, lines: readonly string[]): void {
  const secrets = [...setup.devices.map(({ password }) => password), ...(setup.neverLogged ?? [])];
  const found = lines.filter((line) => secrets.some((secret) => line.includes(secret)));
  expect(found, 'log lines with secrets').toEqual([]);
}

/**
 * A transcript that is being played. A message of the device and its answer enclose the requests that the bridge sends
 * meanwhile, so both halves take their steps from the same list.
 */
class BridgePlay {
  readonly #steps: readonly Step[];
  readonly #form: WireForm;
  readonly #bindings: Bindings;
  /** The last message of each kind, for steps that repeat it. */
  readonly #lastMessages = new Map<StepKind, WireMessage>();
  #position = 0;
  /** The first request of the bridge that differs from the file. */
  #requestError: unknown;

  constructor(steps: readonly Step[], form: WireForm, bindings: Bindings) {
    this.#steps = steps;
    this.#form = form;
    this.#bindings = bindings;
  }

  /** Answers requests of the bridge with the next steps. */
  readonly backend: Backend = {
    send: async (request) => {
      try {
        return this.#replyTo(request);
      } catch (error) {
        // Thrown here, it would reach the bridge, which would handle it as a failure of the backend.
        this.#requestError ??= error;
        return { failure: 'unreachable', reason: 'the transcript has no such request' };
      }
    },
  };

  async run(fixture: BridgeFixture, restarts: boolean): Promise<void> {
    while (this.#position < this.#steps.length) {
      const step = this.#takeStep();
      switch (step.kind) {
        case 'time passes':
          fixture.advance(Number(step.body));
          await fixture.background();
          this.#throwRequestError();
          break;
        case 'backend → bridge':
          if (restarts) await fixture.restart();
          await this.#notify(fixture, step);
          break;
        case 'bridge → device':
          this.#expectPush(fixture, step);
          break;
        case 'device → bridge':
          if (restarts) await fixture.restart();
          await this.#exchange(fixture, step);
          break;
        default:
          throw new Error(`line ${step.line}: the bridge did not send this: ${step.kind}`);
      }
    }
  }

  /** Sends the message of a step, and compares the answer with the step behind it. */
  async #exchange(fixture: BridgeFixture, step: Step): Promise<void> {
    const answer = await fixture.post(this.#deviceMessage(step));
    this.#throwRequestError();
    const expected = this.#takeStep();
    expect(expected.kind, `line ${expected.line}`).toBe('bridge → device');
    if (expected.isRepeated) {
      expect(answer, `line ${expected.line}: the same bytes`).toEqual(this.#lastMessages.get(expected.kind));
    } else {
      expectMessage(expected, this.#form.fromWire(answer), this.#bindings);
    }
    this.#lastMessages.set(expected.kind, answer);
  }

  /** Sends a Package#0, and compares the answer with the step behind it. */
  async #notify(fixture: BridgeFixture, { startLine, body, line }: Step): Promise<void> {
    const devId = /^POST \/notifications\/(\S+)$/u.exec(startLine)?.[1];
    if (devId === undefined) throw new Error(`line ${line}: not a Package#0`);
    const result = await fixture.notify(decodeURIComponent(devId), hexBytes(body));
    const expected = this.#takeStep();
    expect(expected.kind, `line ${expected.line}`).toBe('bridge → backend');
    const isAccepted = result.kind !== 'refused';
    const actual = {
      startLine: `HTTP/1.1 ${isAccepted ? 202 : result.status}`,
      headers: { 'content-type': isAccepted ? 'application/json' : 'application/problem+json' },
      body: isAccepted ? JSON.stringify(result.body) : '',
    };
    expectMessage(expected, actual, this.#bindings);
  }

  /** The start line has the way of delivery and its target, the body the bytes of the notification. */
  #expectPush(fixture: BridgeFixture, { startLine, headers, body, line }: Step): void {
    const push = fixture.nextPush();
    if (push === undefined) throw new Error(`line ${line}: the bridge has sent no notification`);
    const { way, target, format, message } = push;
    expect(`${way} ${target}`, `line ${line}`).toBe(startLine);
    expect(NOTIFICATION_TYPES[format].mime, `line ${line}`).toBe(headers['content-type']);
    expect(Buffer.from(message).toString('hex'), `line ${line}`).toBe(Buffer.from(hexBytes(body)).toString('hex'));
  }

  #deviceMessage(step: Step): WireMessage {
    const last = this.#lastMessages.get(step.kind);
    if (step.isRepeated && last !== undefined) return last;
    const message = this.#form.toWire({
      startLine: fillIn(step.startLine, this.#bindings),
      headers: { 'content-type': MEDIA_TYPE, ...step.headers },
      body: fillIn(step.body, this.#bindings, escapeXml),
    });
    this.#lastMessages.set(step.kind, message);
    return message;
  }

  /** Compares a request of the bridge with the next step, and returns the reply of the step behind it. */
  #replyTo(request: OutgoingRequest): IncomingReply {
    const expected = this.#takeStep();
    const peer = request.purpose === 'package' ? 'backend' : 'repository';
    const actual = {
      startLine: `${request.method} ${request.url}`,
      headers: request.headers,
      body: textOf(request.body),
    };
    expect(`line ${expected.line}: ${expected.kind}`, JSON.stringify(actual)).toBe(
      `line ${expected.line}: bridge → ${peer}`,
    );
    expectMessage(expected, actual, this.#bindings);
    const reply = this.#takeStep();
    expect(reply.kind, `line ${reply.line}`).toBe(`${peer} → bridge`);
    return this.#toReply(reply);
  }

  /** Reads `HTTP/1.1 200` and so on; `TIMEOUT` and `UNREACHABLE` are failures without an answer. */
  #toReply({ startLine, headers, body }: Step): IncomingReply {
    if (startLine === 'TIMEOUT') return { failure: 'timeout', reason: 'no answer in time' };
    if (startLine === 'UNREACHABLE') return { failure: 'unreachable', reason: 'connection refused' };
    const status = Number(startLine.split(' ')[1]);
    return { status, headers, body: { text: fillIn(body, this.#bindings, escapeJson) } };
  }

  #takeStep(): Step {
    const step = this.#steps[this.#position];
    if (step === undefined) throw new Error('the transcript ends too early');
    this.#position += 1;
    return step;
  }

  #throwRequestError(): void {
    if (this.#requestError !== undefined) throw this.#requestError;
  }
}

/** The bytes of hexadecimal digits; the rest of a line behind `#` is a comment. */
function hexBytes(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(/#.*$/gmu, '').replaceAll(/\s/gu, ''), 'hex');
}

function textOf(content: Content | undefined): string {
  if (content === undefined) return '';
  return 'text' in content ? content.text : Buffer.from(content.base64, 'base64').toString('latin1');
}
