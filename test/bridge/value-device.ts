/**
 * A device that speaks XML or WBXML and keeps values exactly as they came: text or bytes, with Format and Type. It can write
 * a value as raw XML, which the encoder of messages does not change.
 */
import type { Mutable } from '../../src/mutable.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import type { Command, Item, ItemData, Meta, StatusCommand, SyncHdr, SyncmlMessage } from '../../src/syncml/message.ts';
import { type Account, DM_XML } from '../e2e/scripted-device.ts';
import { type BridgeUnderTest, PUBLIC_URL } from './bridge-under-test.ts';

/** Text or bytes of a leaf; raw XML, for a device that speaks XML; none for an interior node. */
export type DeviceValue = string | Uint8Array | { readonly raw: string } | undefined;

export interface DeviceNode {
  readonly format?: string | undefined;
  readonly type?: string | undefined;
  readonly value?: DeviceValue;
}

/** The answer to one command. */
export interface DeviceAnswer {
  readonly code: number;
  readonly results?: readonly Item[];
}

export type BreakOff = number | 'crash' | { readonly lost: number };

export interface ValueDeviceOptions {
  readonly encoding?: 'xml' | 'wbxml';
  /** By LocURI. An interior node has Format `node`. */
  readonly nodes: Readonly<Record<string, DeviceNode>>;
  readonly lists?: readonly ('StructData' | 'TNDS' | 'Struct')[];
  /** The answer to `?list=TNDS`, by LocURI. */
  readonly documents?: Readonly<Record<string, string>>;
  /** Further commands of Package#1, such as Alerts; `commands` of a session come behind them. */
  readonly commands?: readonly Command[];
  /** Further commands of the message behind Package#1, such as Alerts. */
  readonly later?: readonly Command[];
  /** Items of DevInfo beside the mandatory ones. */
  readonly devInfo?: readonly Item[];
  readonly atomic?: boolean;
  readonly maxMsgSize?: number;
  /** Returns another answer to a command, such as `Get ./A?list=Struct`; `regular` executes it. */
  readonly answer?: (command: string, regular: () => DeviceAnswer) => DeviceAnswer | undefined;
  /**
   * The way in which it gives up an object at a chunk, counted from 1: it keeps the part that has come. Undefined: it goes on;
   * `crash`: it sends nothing any more; `lost`: the node is gone.
   */
  readonly breaksOff?: (chunk: { readonly command: string; readonly number: number }) => BreakOff | undefined;
  /** True for a command, such as `Add ./A` or `Sequence`, to which it sends no Status. */
  readonly unanswered?: (command: string) => boolean;
  /** Changes the XML text of each message. */
  readonly alter?: (xml: string) => string;
}

const WBXML = 'application/vnd.syncml.dm+wbxml';
/** Private characters in place of raw XML. */
const FIRST_PLACEHOLDER = 0xe000;

/** The device sends nothing any more. */
export class Crash extends Error {}

export class ValueDevice {
  readonly nodes: Map<string, DeviceNode>;
  /** The commands that it got, such as `Replace ./A`. */
  readonly asked: string[] = [];
  /** The same, message by message; the first of a session is the answer to Package#1. */
  readonly messages: (readonly string[])[] = [];
  /** The Data of each write, as it came. */
  readonly written: {
    readonly target: string;
    readonly meta: Meta | undefined;
    readonly data: ItemData | undefined;
  }[] = [];
  readonly #account: Account;
  readonly #options: ValueDeviceOptions;
  readonly #raw: string[] = [];
  readonly #chunks = new Map<string, { readonly meta: Meta | undefined; readonly parts: Buffer[] }>();

  constructor(account: Account, options: ValueDeviceOptions) {
    this.#account = account;
    this.#options = options;
    this.nodes = new Map(Object.entries(options.nodes));
  }

  /** Plays a whole session. */
  async session(bridge: BridgeUnderTest, sessionId = '1', more: readonly Command[] = []): Promise<void> {
    let token: string | undefined;
    let body: readonly Command[] = [...this.#packageOne(), ...more];
    for (let msgId = 1; msgId < 60; msgId += 1) {
      const answer = await this.#post(bridge, { sessionId, msgId, commands: body, token });
      token = answer.header.respUri?.slice(PUBLIC_URL.length + 1) ?? token;
      const commands = answer.commands.filter(({ name }) => name !== 'Status');
      if (commands.length === 0) return;
      const count = this.asked.length;
      body = this.#run(answer.header.msgId, commands);
      if (msgId === 1) body = [...body, ...(this.#options.later ?? [])];
      this.messages.push(this.asked.slice(count));
    }
    throw new Error('the session does not end');
  }

  async #post(
    bridge: BridgeUnderTest,
    sent: {
      readonly sessionId: string;
      readonly msgId: number;
      readonly commands: readonly Command[];
      readonly token: string | undefined;
    },
  ): Promise<SyncmlMessage> {
    const { encoding = 'xml', maxMsgSize, alter = (xml) => xml } = this.#options;
    const { devId, user, password } = this.#account;
    const contentType = encoding === 'xml' ? DM_XML : WBXML;
    const cred = {
      meta: { format: 'b64', type: 'syncml:auth-basic' },
      data: Buffer.from(`${user}:${password}`).toString('base64'),
    };
    const header: Mutable<SyncHdr> = {
      verDtd: '1.2',
      verProto: 'DM/1.2',
      sessionId: sent.sessionId,
      msgId: sent.msgId,
      target: { locUri: PUBLIC_URL },
      source: { locUri: devId, locName: user },
      cred,
    };
    if (maxMsgSize !== undefined) header.meta = { maxMsgSize };
    const bytes = encodeMessage({ header, commands: sent.commands, final: true }, contentType);
    const body = encoding === 'xml' ? Buffer.from(alter(this.#withRaw(Buffer.from(bytes).toString()))) : bytes;
    const got = await bridge.handle({
      body,
      contentType,
      headers: {},
      remoteAddress: '192.0.2.1',
      token: sent.token,
    });
    if (got.status !== 200) throw new Error(`HTTP ${got.status} ${Buffer.from(got.body).toString()}`);
    return decodeMessage(got.body, contentType).message;
  }

  /** The text with the raw XML in place of its placeholders. */
  #withRaw(text: string): string {
    return this.#raw.reduce(
      (xml, raw, at) => xml.replace(String.fromCharCode(FIRST_PLACEHOLDER + at), () => raw),
      text,
    );
  }

  #data(value: DeviceValue): ItemData | undefined {
    if (typeof value !== 'object' || value instanceof Uint8Array) return value;
    this.#raw.push(value.raw);
    return String.fromCharCode(FIRST_PLACEHOLDER + this.#raw.length - 1);
  }

  #packageOne(): readonly Command[] {
    const { commands = [], devInfo = [] } = this.#options;
    const leaves = { DevId: this.#account.devId, Man: 'Maker', Mod: 'Phone', DmV: '1.2', Lang: 'en' };
    const items = Object.entries(leaves).map(
      ([name, data]): Item => ({ source: { locUri: `./DevInfo/${name}` }, data }),
    );
    return [
      { name: 'Alert', cmdId: '1', data: '1201', items: [] },
      { name: 'Replace', cmdId: '2', items: [...items, ...devInfo] },
      ...commands,
    ];
  }

  #run(msgRef: number, commands: readonly Command[]): readonly Command[] {
    const out: Command[] = [];
    const { unanswered = () => false } = this.#options;
    const nextId = () => String(out.length + 1);
    const addStatus = (cmd: string, cmdRef: string, data: number) => {
      const status: StatusCommand = {
        name: 'Status',
        cmdId: nextId(),
        msgRef,
        cmdRef,
        cmd,
        targetRefs: [],
        sourceRefs: [],
        data,
        items: [],
      };
      out.push(status);
    };
    const run = (command: Command): void => {
      const { name, cmdId } = command;
      if (name === 'Sequence' || name === 'Atomic') {
        const isKnown = name === 'Sequence' || this.#options.atomic !== false;
        if (!unanswered(name)) addStatus(name, cmdId, isKnown ? 200 : 406);
        for (const member of isKnown ? command.members : []) run(member);
        return;
      }
      if (!('items' in command)) return;
      if (name === 'Alert') {
        addStatus(name, cmdId, 200);
        return;
      }
      const [item] = command.items;
      const target = item?.target?.locUri ?? '';
      this.asked.push(`${name} ${target}`);
      const regular = () => this.#execute(name, target, item);
      const { code, results = [] } = this.#options.answer?.(`${name} ${target}`, regular) ?? regular();
      if (!unanswered(`${name} ${target}`)) addStatus(name, cmdId, code);
      if (results.length > 0) out.push({ name: 'Results', cmdId: nextId(), msgRef, cmdRef: cmdId, items: results });
    };
    addStatus('SyncHdr', '0', 212);
    for (const command of commands) run(command);
    return out;
  }

  #execute(name: string, target: string, item: Item | undefined): DeviceAnswer {
    const [locUri = '', query = ''] = target.split('?');
    const node = this.nodes.get(locUri);
    if (name === 'Get') return this.#get(locUri, query);
    if (name === 'Delete') {
      const gone = [...this.nodes.keys()].filter((place) => place === locUri || place.startsWith(`${locUri}/`));
      for (const place of gone) this.nodes.delete(place);
      return { code: gone.length === 0 ? 404 : 200 };
    }
    if (name === 'Exec') return { code: 200 };
    if (query !== '') return { code: 200 };
    const isNew = !this.#chunks.has(locUri);
    if (name === 'Add' && node !== undefined && isNew) return { code: 418 };
    if (name === 'Replace' && node === undefined && isNew) return { code: 404 };
    return { code: this.#write(name, locUri, item) };
  }

  #write(name: string, target: string, item: Item | undefined): number {
    const { meta, data } = item ?? {};
    if (data !== undefined && typeof data !== 'string' && !(data instanceof Uint8Array)) return 415;
    const begun = this.#chunks.get(target);
    const part = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data ?? '');
    const parts = [...(begun?.parts ?? []), part];
    const isChunk = item?.moreData === true || begun !== undefined;
    const end = isChunk ? this.#options.breaksOff?.({ command: `${name} ${target}`, number: parts.length }) : undefined;
    if (end !== undefined) {
      this.#chunks.delete(target);
      const before = begun?.meta ?? meta;
      this.nodes.set(target, { format: before?.format, type: before?.type, value: Buffer.concat(parts).toString() });
      if (end === 'crash') throw new Crash();
      if (typeof end === 'number') return end;
      this.nodes.delete(target);
      return end.lost;
    }
    if (item?.moreData === true) {
      this.#chunks.set(target, { meta: begun?.meta ?? meta, parts });
      return 213;
    }
    this.#chunks.delete(target);
    const whole = begun === undefined ? data : Buffer.concat(parts).toString();
    this.written.push({ target, meta: begun?.meta ?? meta, data: whole });
    this.nodes.set(target, { format: meta?.format, type: meta?.type, value: whole });
    return 200;
  }

  #get(locUri: string, query: string): DeviceAnswer {
    const { lists = ['StructData'], documents = {} } = this.#options;
    const node = this.nodes.get(locUri);
    if (query.startsWith('prop=')) return { code: 406 };
    if (node === undefined) return { code: 404 };
    if (query === '') return { code: 200, results: [this.#itemOf(locUri, node, true)] };
    const list = lists.find((each) => query === `list=${each}`);
    if (list === undefined) return { code: 406 };
    if (list === 'TNDS') {
      const meta = { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' };
      return { code: 200, results: [{ source: { locUri }, meta, data: documents[locUri] ?? '' }] };
    }
    const below = [...this.nodes].filter(([place]) => place === locUri || place.startsWith(`${locUri}/`));
    return { code: 200, results: below.map(([place, each]) => this.#itemOf(place, each, list === 'StructData')) };
  }

  #itemOf(locUri: string, { format, type, value }: DeviceNode, withData: boolean): Item {
    const meta: Mutable<Meta> = {};
    if (format !== undefined) meta.format = format;
    if (type !== undefined) meta.type = type;
    const names = [...this.nodes.keys()].filter((place) => place.slice(0, place.lastIndexOf('/')) === locUri);
    const list = names.map((place) => place.slice(locUri.length + 1)).join('/');
    const data = value === undefined && format === 'node' ? list : this.#data(value);
    const item: Item = { source: { locUri }, meta };
    return withData && data !== undefined ? { ...item, data } : item;
  }
}
