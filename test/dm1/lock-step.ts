/**
 * A device in lock step with the session engine: it says one message, the engine gives one answer.
 *
 * The scenario reads as the conversation: `device.says(…)`, `bridge.plans(…)`, `bridge.answers()`.
 */
import type { CommandOutcome, ServerCommand } from '../../src/dm1/server-command.ts';
import { openSession, type SessionOptions, step } from '../../src/dm1/session.ts';
import type { Dm1Session, MeasureMessage, SessionEffect, SessionInput, Verdict } from '../../src/dm1/session-model.ts';
import type { Mutable } from '../../src/mutable.ts';
import type {
  AlertCommand,
  Chal,
  Command,
  Cred,
  Item,
  ItemCommand,
  Meta,
  ResultsCommand,
  StatusCommand,
  SyncHdr,
  SyncmlMessage,
} from '../../src/syncml/message.ts';
import { formatMessage } from '../../src/syncml/serialize.ts';

export const SERVER_URI = 'http://www.syncml.org/mgmt-server';
export const DEVICE_URI = 'IMEI:493005100592800';
export const RESP_URI = 'https://bridge.example/dm/AAAAAAAAAAAAAAAAAAAAAA';
export const CRED: Cred = { meta: { type: 'syncml:auth-md5', format: 'b64' }, data: 'Zz6EivR3yeaaENcRN6lpAQ==' };
export const CHAL: Chal = { meta: { type: 'syncml:auth-md5', format: 'b64', nextNonce: 'Tm9uY2U=' } };

/** Bytes as XML. */
export const measureXml: MeasureMessage = (message) => Buffer.byteLength(formatMessage(message));

export const OPTIONS: SessionOptions = {
  version: '1.3',
  sessionId: '1',
  device: DEVICE_URI,
  deviceUri: DEVICE_URI,
  serverUri: SERVER_URI,
  respUri: RESP_URI,
  nextMsgId: 1,
  ordering: 'sequence',
};

export interface Said {
  readonly final?: boolean;
  readonly meta?: Meta;
  readonly verdict?: Verdict;
  /** Empty CmdIDs stay empty. */
  readonly raw?: boolean;
}

/** Device and engine, with what has passed between them. */
export class LockStep {
  session: Dm1Session;
  effects: SessionEffect[] = [];
  msgId: number;

  constructor(options: Partial<SessionOptions> = {}, firstMsgId = 1) {
    this.session = openSession({ ...OPTIONS, ...options });
    this.msgId = firstMsgId;
  }

  /** A message of the device; its CmdIDs are given when they are empty. */
  says(
    commands: readonly Command[],
    { final = true, meta, verdict = { status: 200 }, raw = false }: Said = {},
  ): readonly SessionEffect[] {
    const message = deviceMessage(this.msgId, raw ? commands : numbered(commands), final, meta);
    this.msgId += 1;
    return this.#take({ type: 'messageReceived', message, verdict });
  }

  plans(...commands: readonly ServerCommand[]): void {
    this.#take({ type: 'commandsReady', commands });
  }

  answers(
    mode: 'continue' | 'hold' | 'abort' = 'continue',
    extra: { readonly cred?: Cred; readonly locName?: string; readonly measure?: MeasureMessage } = {},
  ): SyncmlMessage {
    const effects = this.#take({ type: 'answerDue', mode, measure: measureXml, ...extra });
    const sent = effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
    if (sent.length !== 1 || sent[0] === undefined) throw new Error(`${sent.length} answers`);
    return sent[0];
  }

  /** Package#1 as everybody sends it, and the plan for its answer. */
  begins(...commands: readonly ServerCommand[]): SyncmlMessage {
    this.says([alert('1201'), devInfo()], { verdict: { status: 212 } });
    this.plans(...commands);
    return this.answers();
  }

  get outcomes(): readonly CommandOutcome[] {
    return this.effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
  }

  /** Outcomes as `id:status`. */
  get outcomeStatuses(): readonly string[] {
    return this.outcomes.map(({ id, status }) => `${id}:${status}`);
  }

  #take(input: SessionInput): readonly SessionEffect[] {
    const taken = step(this.session, input);
    // What the store gives back must be what was put into it.
    this.session = JSON.parse(JSON.stringify(taken.session));
    this.effects.push(...taken.effects);
    return taken.effects;
  }
}

export function deviceMessage(msgId: number, commands: readonly Command[], final = true, meta?: Meta): SyncmlMessage {
  const header: Mutable<SyncHdr> = {
    verDtd: '1.2',
    verProto: 'DM/1.3',
    sessionId: '1',
    msgId,
    target: { locUri: SERVER_URI },
    source: { locUri: DEVICE_URI },
  };
  if (meta !== undefined) header.meta = meta;
  return { header, commands, final };
}

/** With CmdIDs where they are empty. */
export function numbered(commands: readonly Command[]): readonly Command[] {
  return commands.map((command, index) => (command.cmdId === '' ? { ...command, cmdId: String(index + 1) } : command));
}

export function alert(data: string, items: readonly Item[] = [], correlator?: string): AlertCommand {
  const command: Mutable<AlertCommand> = { name: 'Alert', cmdId: '', data, items };
  if (correlator !== undefined) command.correlator = correlator;
  return command;
}

export function devInfo(items: readonly Item[] = [leaf('./DevInfo/DevId', DEVICE_URI)]): ItemCommand {
  return { name: 'Replace', cmdId: '', items };
}

export function leaf(source: string, data?: string, meta?: Meta): Item {
  const item: Mutable<Item> = { source: { locUri: source } };
  if (data !== undefined) item.data = data;
  if (meta !== undefined) item.meta = meta;
  return item;
}

/** A Status for our command `cmdRef` of message `msgRef`. */
export function status(
  msgRef: number,
  cmdRef: string | number,
  cmd: string,
  data: number,
  more: Partial<StatusCommand> = {},
): StatusCommand {
  return {
    name: 'Status',
    cmdId: '',
    msgRef,
    cmdRef: String(cmdRef),
    cmd,
    targetRefs: [],
    sourceRefs: [],
    data,
    items: [],
    ...more,
  };
}

export function headerOk(msgRef: number, data = 200): StatusCommand {
  return status(msgRef, 0, 'SyncHdr', data);
}

export function results(
  msgRef: number,
  cmdRef: string | number,
  items: readonly Item[],
  more: Partial<ResultsCommand> = {},
): ResultsCommand {
  return { name: 'Results', cmdId: '', msgRef, cmdRef: String(cmdRef), items, ...more };
}

export function get(id: string, target = `./${id}`): ServerCommand {
  return { id, name: 'Get', items: [{ target }] };
}

export function replace(id: string, data = 'value', meta: Meta = { format: 'chr' }): ServerCommand {
  return { id, name: 'Replace', items: [{ target: `./${id}`, data, meta }] };
}

/** `Status:SyncHdr:200`, `Alert:1222`, `Sequence[Get,Replace]`, … and `Final`. */
export function outline(message: SyncmlMessage): readonly string[] {
  return [...message.commands.map(outlineCommand), ...(message.final ? ['Final'] : [])];
}

function outlineCommand(command: Command): string {
  switch (command.name) {
    case 'Status':
      return `Status:${command.cmd}:${command.data}`;
    case 'Alert':
      return `Alert:${command.data}`;
    case 'Atomic':
    case 'Sequence':
      return `${command.name}[${command.members.map(outlineCommand).join(',')}]`;
    case 'Unknown':
      return command.element;
    default:
      return command.items.some((item) => item.moreData) ? `${command.name}+` : command.name;
  }
}

/** The CmdID of the nth own command (no Status) of a message, counted from 0; members count, too. */
export function cmdIdOf(message: SyncmlMessage, index: number): string {
  const own = message.commands.flatMap((command) => ('members' in command ? [command, ...command.members] : [command]));
  const found = own.filter((command) => command.name !== 'Status')[index];
  if (found === undefined) throw new Error(`no command ${index}`);
  return found.cmdId;
}
