/**
 * A device with a tree and quirks, made of text: it treats the bridge's commands as real clients do, and crashes on the
 * same ones.
 */
import {
  type Account,
  type Answer,
  basicCred,
  child,
  readAnswer,
  syncml,
  textAt,
  type XmlNode,
} from '../e2e/scripted-device.ts';
import type { BridgeUnderTest, HttpAnswer } from './bridge-under-test.ts';
import { tokenOf } from './bridge-under-test.ts';

const METINF = 'xmlns="syncml:metinf"';

/** The device crashed on a command. */
class Crash extends Error {}

export interface Quirks {
  /** Leaves by LocURI. */
  readonly leaves?: Readonly<Record<string, string>>;
  /** Commands on which it crashes; `Add node` is an Add of an interior node, `Exec ./A` a command for one node. */
  readonly crashesOn?: readonly string[];
  /** The `?list=` attributes that it supports. */
  readonly lists?: readonly string[];
  /** Status of a command instead of 200, such as `Exec ./A` or `Exec`. */
  readonly codes?: Readonly<Record<string, number>>;
  /** Commands that it does not answer. */
  readonly unanswered?: readonly string[];
  /** Bytes, sent in SyncHdr. */
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
  readonly credAlways?: boolean;
  /** Answers 200 without Results to the Gets that follow `?list=Struct` in a Sequence. */
  readonly structDisturbs?: boolean;
  /** Answers 406 to a Sequence and nothing to its members. */
  readonly noSequence?: boolean;
  /** Sends nothing to RespURI but everything to the first address. */
  readonly ignoresRespUri?: boolean;
  readonly contentType?: string;
  readonly userAgent?: string;
  readonly sessionId?: string;
  readonly devInfo?: Readonly<Record<string, string>>;
  readonly verProto?: string;
  /** Further commands in its first message, as XML. */
  readonly packageOne?: readonly string[];
}

export class QuirkyDevice {
  readonly tree: Map<string, string>;
  readonly executed: string[] = [];
  /** Names of the top-level commands of each message. */
  readonly messages: string[][] = [];
  readonly answers: Answer[] = [];
  readonly got: HttpAnswer[] = [];
  /** Incomplete large objects, by LocURI. */
  readonly #begun = new Map<string, string>();
  readonly #account: Account;
  readonly #quirks: Quirks;

  constructor(account: Account, quirks: Quirks = {}) {
    this.#account = account;
    this.#quirks = quirks;
    this.tree = new Map(Object.entries(quirks.leaves ?? {}));
  }

  /** Plays a whole session; false when the device crashed in it. */
  async session(bridge: Pick<BridgeUnderTest, 'post'>, sessionId = this.#quirks.sessionId ?? '1'): Promise<boolean> {
    const {
      credAlways = false,
      contentType = 'application/vnd.syncml.dm+xml',
      userAgent,
      verProto = 'DM/1.2',
    } = this.#quirks;
    const cred = basicCred(this.#account);
    const { devId } = this.#account;
    const header = { sessionId, devId, meta: this.#limits(), verProto };
    let body = syncml({ ...header, cred }, [
      `<Alert><CmdID>1</CmdID><Data>1201</Data></Alert>`,
      this.#devInfo(),
      ...(this.#quirks.packageOne ?? []),
    ]);
    let token: string | undefined;
    for (let msgId = 2; msgId < 60; msgId += 1) {
      const headers = userAgent === undefined ? {} : { 'user-agent': userAgent };
      const got = await bridge.post(body, { token, headers, contentType });
      const answer = readAnswer(got.body);
      this.got.push(got);
      this.answers.push(answer);
      this.messages.push(answer.commands.map(({ name }) => name));
      token = this.#quirks.ignoresRespUri === true ? undefined : tokenOf(answer);
      if (answer.commands.length === 0) return true;
      try {
        body = syncml({ ...header, msgId, cred: credAlways ? cred : '' }, this.#run(answer));
      } catch (error) {
        if (error instanceof Crash) return false;
        throw error;
      }
    }
    throw new Error('the session does not end');
  }

  #limits(): string {
    const { maxMsgSize, maxObjSize } = this.#quirks;
    const message = maxMsgSize === undefined ? '' : `<MaxMsgSize ${METINF}>${maxMsgSize}</MaxMsgSize>`;
    const object = maxObjSize === undefined ? '' : `<MaxObjSize ${METINF}>${maxObjSize}</MaxObjSize>`;
    return message + object === '' ? '' : `<Meta>${message}${object}</Meta>`;
  }

  #devInfo(): string {
    const leaves = { Lang: 'en', DmV: '1.2', Mod: 'Phone', Man: 'Maker', DevId: this.#account.devId };
    const items = Object.entries({ ...leaves, ...this.#quirks.devInfo }).map(
      ([name, value]) => `<Item><Source><LocURI>./DevInfo/${name}</LocURI></Source><Data>${value}</Data></Item>`,
    );
    return `<Replace><CmdID>2</CmdID>${items.join('')}</Replace>`;
  }

  #run({ msgId, commands }: Answer): readonly string[] {
    const { crashesOn = [] } = this.#quirks;
    let cmdId = 1;
    let isDisturbed = false;
    const isInSequence = commands.some(({ name }) => name === 'Sequence');
    const out = [statusOf(cmdId, msgId, '0', 'SyncHdr', 200)];
    for (const { name, cmdId: ref, node } of commands) {
      if (name === 'Sequence' && this.#quirks.noSequence === true) {
        return [...out, statusOf(cmdId + 1, msgId, ref, name, 406)];
      }
      const target = textAt(node, 'Item', 'Target', 'LocURI') ?? '';
      const isInterior = formatOf(node) === 'node';
      const names = [name, `${name} ${target}`];
      if (isInterior) names.push(`${name} node`);
      const cause = names.find((each) => crashesOn.includes(each));
      if (cause !== undefined) throw new Crash(cause);
      if (name !== 'Sequence' && name !== 'Alert') this.executed.push(`${name} ${target}`);
      const { code, results } = this.#answer(name, target, node);
      if (this.#quirks.unanswered?.includes(name) === true) continue;
      cmdId += 1;
      out.push(statusOf(cmdId, msgId, ref, name, code));
      const isAnswered = results !== undefined && !(isDisturbed && name === 'Get');
      isDisturbed ||= this.#quirks.structDisturbs === true && isInSequence && target.endsWith('?list=Struct');
      if (!isAnswered) continue;
      cmdId += 1;
      out.push(`<Results><CmdID>${cmdId}</CmdID><MsgRef>${msgId}</MsgRef><CmdRef>${ref}</CmdRef>${results}</Results>`);
    }
    return out;
  }

  #answer(name: string, target: string, node: XmlNode): { readonly code: number; readonly results?: string } {
    const { codes = {}, lists = [] } = this.#quirks;
    const code = codes[`${name} ${target}`] ?? codes[name];
    if (code !== undefined) return { code };
    const [locUri = '', query = ''] = target.split('?');
    if (query.startsWith('list=') && !lists.includes(query.slice(5))) return { code: 406 };
    if (query.startsWith('prop=')) return { code: 406 };
    if (name === 'Get') return this.#get(locUri, query);
    const isChunk = child(node, 'Item', 'MoreData') !== undefined;
    const begun = this.#begun.get(locUri);
    if (isChunk) {
      this.#begun.set(locUri, `${begun ?? ''}${textAt(node, 'Item', 'Data') ?? ''}`);
      return { code: 213 };
    }
    if (begun !== undefined) {
      this.#begun.delete(locUri);
      this.tree.set(locUri, `${begun}${textAt(node, 'Item', 'Data') ?? ''}`);
      return { code: 200 };
    }
    if (name === 'Add' || name === 'Replace') {
      if (name === 'Replace' && !this.tree.has(locUri)) return { code: 404 };
      if (name === 'Add' && this.tree.has(locUri)) return { code: 418 };
      this.tree.set(locUri, textAt(node, 'Item', 'Data') ?? '');
    }
    if (name === 'Delete') {
      for (const place of [...this.tree.keys()]) {
        if (place === locUri || place.startsWith(`${locUri}/`)) this.tree.delete(place);
      }
    }
    return { code: 200 };
  }

  #get(locUri: string, query: string): { readonly code: number; readonly results?: string } {
    const value = this.tree.get(locUri);
    if (value !== undefined) return { code: 200, results: itemOf(locUri, 'chr', value) };
    const below = [...this.tree.keys()].filter((place) => place.startsWith(`${locUri}/`));
    if (below.length === 0) return { code: 404 };
    const names = [...new Set(below.map((place) => place.slice(locUri.length + 1).split('/')[0] ?? ''))];
    if (query === '') return { code: 200, results: itemOf(locUri, 'node', names.join('/')) };
    const interiors = [...new Set(below.flatMap((place) => parentsOf(place, locUri)))].sort();
    const withData = query === 'list=StructData';
    const items = [
      ...interiors.map((place) => itemOf(place, 'node')),
      ...below.map((place) => itemOf(place, 'chr', withData ? this.tree.get(place) : undefined)),
    ];
    return { code: 200, results: items.join('') };
  }
}

/** The interior nodes on the way from `top` to a leaf. */
function parentsOf(locUri: string, top: string): readonly string[] {
  const names = locUri.slice(top.length + 1).split('/');
  return names.map((_, at) => [top, ...names.slice(0, at)].join('/'));
}

function formatOf(node: XmlNode): string | undefined {
  return textAt(child(node, 'Item'), 'Meta', 'Format') ?? textAt(node, 'Meta', 'Format');
}

function itemOf(source: string, format: string, data?: string): string {
  const text = data === undefined ? '' : `<Data>${data}</Data>`;
  return `<Item><Source><LocURI>${source}</LocURI></Source><Meta><Format ${METINF}>${format}</Format></Meta>${text}</Item>`;
}

function statusOf(cmdId: number, msgRef: number, cmdRef: string, cmd: string, code: number): string {
  return `<Status><CmdID>${cmdId}</CmdID><MsgRef>${msgRef}</MsgRef><CmdRef>${cmdRef}</CmdRef><Cmd>${cmd}</Cmd><Data>${code}</Data></Status>`;
}
