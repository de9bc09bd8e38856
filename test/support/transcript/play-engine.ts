/**
 * Plays a transcript against the south engine alone: the commands that a planner would hand over stand in the file, and so
 * do the outcomes that it is told.
 */
import { expect } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { CommandOutcome, ServerCommand } from '../../../src/dm1/server-command.ts';
import { openSession, step } from '../../../src/dm1/session.ts';
import type { Dm1Session, SessionInput } from '../../../src/dm1/session-model.ts';
import { compileSchema } from '../../../src/json-schema.ts';
import { decodeMessage, encodeMessage } from '../../../src/syncml/codec.ts';
import type { Cred, SyncmlMessage } from '../../../src/syncml/message.ts';
import type { MessageEncoding } from '../../../src/syncml/serialize-wbxml.ts';
import { expectMessage } from './expect-message.ts';
import type { Step } from './parse.ts';
import { type Bindings, escapeXml, fillIn } from './placeholders.ts';
import type { EngineSetup } from './setup.ts';
import { type WireForm, XML_FORM } from './wire-form.ts';

const FORM = 'application/vnd.syncml.dm+xml';
const RESP_URI = 'http://127.0.0.1:8080/dm/AAAAAAAAAAAAAAAAAAAAAA';

interface Play {
  session: Dm1Session | undefined;
  /** Outcomes since the last answer of the device. */
  outcomes: readonly CommandOutcome[];
  /** Sent once: the engine repeats what the device asks for. */
  cred: Cred | undefined;
  readonly bindings: Bindings;
  readonly form: WireForm;
  /** Of the device's last message: its media type, and how it wrote WBXML. */
  mediaType: string;
  encoding: MessageEncoding | undefined;
}

/** Every step in order; what the engine sends and tells must be what the file says, whichever form the device speaks. */
export function playEngine(setup: EngineSetup, steps: readonly Step[], form: WireForm = XML_FORM): void {
  const { serverCred } = setup;
  const cred = serverCred && { meta: { format: 'b64', type: serverCred.type }, data: serverCred.data };
  const bindings: Bindings = new Map();
  bindings.set('MaxMsgSize', String(setup.maxMsgSize?.[form.isWbxml ? 'wbxml' : 'xml'] ?? ''));
  const play: Play = { session: undefined, outcomes: [], cred, bindings, form, mediaType: FORM, encoding: undefined };
  for (const one of steps) playStep(play, setup, one);
}

function playStep(play: Play, setup: EngineSetup, one: Step): void {
  if (one.kind === 'device → bridge') receive(play, setup, one);
  else if (one.kind === 'commands') feed(play, { type: 'commandsReady', commands: readCommands(one.body) });
  else if (one.kind === 'outcomes') expect(play.outcomes, `line ${one.line}`).toMatchObject(readList(one.body));
  else if (one.kind === 'bridge → device') expectResult(play, one);
  else throw new Error(`line ${one.line}: the south engine knows nothing of: ${one.kind}`);
}

function receive(play: Play, setup: EngineSetup, one: Step): void {
  const body = fillIn(one.body, play.bindings, escapeXml);
  const wire = play.form.toWire({ startLine: one.startLine, headers: { 'content-type': FORM }, body });
  play.mediaType = wire.headers['content-type'] ?? FORM;
  const { message, encoding } = decodeMessage(wire.body, play.mediaType);
  play.encoding = encoding;
  play.session ??= openSession({
    version: '1.3',
    sessionId: message.header.sessionId,
    device: setup.device,
    deviceUri: message.header.source.locUri,
    serverUri: message.header.target.locUri,
    respUri: RESP_URI,
    nextMsgId: message.header.msgId,
    ordering: setup.ordering,
  });
  play.outcomes = [];
  const status = message.header.cred === undefined ? 200 : 212;
  feed(play, { type: 'messageReceived', message, verdict: { status } });
}

function expectResult(play: Play, one: Step): void {
  const { cred, mediaType, encoding } = play;
  play.cred = undefined;
  const sent = feed(play, {
    type: 'answerDue',
    mode: 'continue',
    measure: (message) => encodeMessage(message, mediaType, encoding).length,
    ...(cred === undefined ? {} : { cred }),
  });
  expect(sent, `line ${one.line}: one message`).toHaveLength(1);
  for (const message of sent) {
    const body = encodeMessage(message, mediaType, encoding);
    const wire = { startLine: 'HTTP/1.1 200', headers: { 'content-type': mediaType }, body };
    expectMessage(one, play.form.fromWire(wire), play.bindings);
  }
}

/** Feeds the engine; keeps what it tells and returns what it sends. */
function feed(play: Play, input: SessionInput): readonly SyncmlMessage[] {
  if (play.session === undefined) throw new Error('the device speaks first');
  const { session, effects } = step(play.session, input);
  play.session = session;
  play.outcomes = [
    ...play.outcomes,
    ...effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : [])),
  ];
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
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
  if (!checked.ok) throw new SyntaxError(`commands: ${checked.problems.map((one) => one.message).join('; ')}`);
  return checked.value;
}

function readList(body: string): readonly object[] {
  const list: unknown = parseYaml(body);
  if (!Array.isArray(list)) throw new SyntaxError('outcomes are a list');
  return list;
}
