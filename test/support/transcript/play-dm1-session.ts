/**
 * Plays a transcript against a DM 1.x session alone. The file has the commands that the session gets from the DM 2.0 side,
 * and the outcomes that it reports there.
 */
import { expect } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { CommandOutcome, ServerCommand } from '../../../src/dm1/server-command.ts';
import { openSession, step as stepSession } from '../../../src/dm1/session.ts';
import type { Dm1Session, SessionInput } from '../../../src/dm1/session-model.ts';
import { compileSchema } from '../../../src/json-schema.ts';
import type { Mutable } from '../../../src/mutable.ts';
import { decodeMessage, encodeMessage } from '../../../src/syncml/codec.ts';
import type { Cred, SyncmlMessage } from '../../../src/syncml/message.ts';
import type { MessageEncoding } from '../../../src/syncml/serialize-wbxml.ts';
import { expectMessage } from './expect-message.ts';
import type { Step } from './parse.ts';
import { type Bindings, escapeXml, fillIn } from './placeholders.ts';
import { type Dm1SessionSetup, initialBindings } from './setup.ts';
import { type WireForm, XML_FORM } from './wire-form.ts';

const MEDIA_TYPE = 'application/vnd.syncml.dm+xml';
const RESP_URI = 'http://127.0.0.1:8080/dm/AAAAAAAAAAAAAAAAAAAAAA';

/** Plays all steps; fails at the first message or outcome that differs from the file. */
export function playDm1Session(setup: Dm1SessionSetup, steps: readonly Step[], form: WireForm = XML_FORM): void {
  const play = new Dm1SessionPlay(setup, form);
  for (const step of steps) play.playStep(step);
}

/** A transcript that is being played. */
class Dm1SessionPlay {
  readonly #setup: Dm1SessionSetup;
  readonly #form: WireForm;
  readonly #bindings: Bindings;
  #session: Dm1Session | undefined;
  /** The outcomes since the last message of the device. */
  #outcomes: CommandOutcome[] = [];
  /** Given to the session once; it repeats its credentials as the device asks for them. */
  #cred: Cred | undefined;
  /** The media type and the WBXML form of the device's last message. */
  #mediaType = MEDIA_TYPE;
  #encoding: MessageEncoding | undefined;

  constructor(setup: Dm1SessionSetup, form: WireForm) {
    this.#setup = setup;
    this.#form = form;
    this.#bindings = initialBindings(setup, form);
    const { serverCred } = setup;
    if (serverCred !== undefined) {
      this.#cred = { meta: { format: 'b64', type: serverCred.type }, data: serverCred.data };
    }
  }

  playStep(step: Step): void {
    switch (step.kind) {
      case 'device → bridge':
        this.#receive(step);
        break;
      case 'commands':
        this.#feed({ type: 'commandsReady', commands: readCommands(step.body) });
        break;
      case 'outcomes':
        expect(this.#outcomes, `line ${step.line}`).toMatchObject(readList(step.body));
        break;
      case 'bridge → device':
        this.#expectAnswer(step);
        break;
      default:
        throw new Error(`line ${step.line}: a DM 1.x session has no step ${step.kind}`);
    }
  }

  #receive(step: Step): void {
    const body = fillIn(step.body, this.#bindings, escapeXml);
    const wire = this.#form.toWire({ startLine: step.startLine, headers: { 'content-type': MEDIA_TYPE }, body });
    this.#mediaType = wire.headers['content-type'] ?? MEDIA_TYPE;
    const { message, encoding } = decodeMessage(wire.body, this.#mediaType);
    this.#encoding = encoding;
    this.#session ??= openSession({
      version: '1.3',
      sessionId: message.header.sessionId,
      device: this.#setup.device,
      deviceUri: message.header.source.locUri,
      serverUri: message.header.target.locUri,
      respUri: RESP_URI,
      nextMsgId: message.header.msgId,
      ordering: this.#setup.ordering,
    });
    this.#outcomes = [];
    const status = message.header.cred === undefined ? 200 : 212;
    this.#feed({ type: 'messageReceived', message, verdict: { status } });
  }

  #expectAnswer(step: Step): void {
    const input: Mutable<Extract<SessionInput, { type: 'answerDue' }>> = {
      type: 'answerDue',
      mode: 'continue',
      measure: (message) => this.#encode(message).length,
    };
    if (this.#cred !== undefined) input.cred = this.#cred;
    this.#cred = undefined;
    const [answer, ...others] = this.#feed(input);
    if (answer === undefined) throw new Error(`line ${step.line}: the session sends no message`);
    expect(others, `line ${step.line}: one message`).toEqual([]);
    const headers = { 'content-type': this.#mediaType };
    const wire = { startLine: 'HTTP/1.1 200', headers, body: this.#encode(answer) };
    expectMessage(step, this.#form.fromWire(wire), this.#bindings);
  }

  /** Gives an input to the session; keeps its outcomes and returns the messages that it sends. */
  #feed(input: SessionInput): readonly SyncmlMessage[] {
    if (this.#session === undefined) throw new Error('a transcript begins with a message of the device');
    const { session, effects } = stepSession(this.#session, input);
    this.#session = session;
    const messages: SyncmlMessage[] = [];
    for (const effect of effects) {
      if (effect.type === 'outcome') this.#outcomes.push(effect.outcome);
      if (effect.type === 'send') messages.push(effect.message);
    }
    return messages;
  }

  #encode(message: SyncmlMessage): Uint8Array {
    return encodeMessage(message, this.#mediaType, this.#encoding);
  }
}

const validateCommands = compileSchema<readonly ServerCommand[]>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'array',
  items: {
    type: 'object',
    required: ['id', 'name', 'items'],
    additionalProperties: false,
    properties: {
      id: { type: 'string' },
      name: { enum: ['Add', 'Alert', 'Copy', 'Delete', 'Exec', 'Get', 'Replace'] },
      alertCode: { type: 'string' },
      withPrevious: { const: true },
      meta: { type: 'object' },
      items: { type: 'array', items: { type: 'object' } },
    },
  },
});

function readCommands(body: string): readonly ServerCommand[] {
  const checked = validateCommands(parseYaml(body));
  if (!checked.ok) throw new SyntaxError(`commands: ${checked.problems.map(({ message }) => message).join('; ')}`);
  return checked.value;
}

function readList(body: string): readonly object[] {
  const list: unknown = parseYaml(body);
  if (!Array.isArray(list)) throw new SyntaxError('outcomes are a list');
  return list;
}
