/**
 * A client whose ways are data: it behaves as clients in the field were seen to, writes its messages as text, and crashes where
 * they crash.
 */
import {
  type Account,
  type Answer,
  basicCred,
  child,
  md5Cred,
  readAnswer,
  readXml,
  syncml,
  textAt,
  type XmlNode,
} from '../e2e/scripted-device.ts';
import { type WireForm, XML_FORM } from '../support/transcript/wire-form.ts';
import { type BridgeUnderTest, PUBLIC_URL } from './bridge-under-test.ts';

/** The ways of a client; where a member is absent, it does as the specifications say. */
export interface ClientWays {
  readonly devInfo: { readonly Man: string; readonly Mod: string; readonly DmV: string };
  readonly contentType?: string;
  readonly userAgent?: string;
  readonly form?: WireForm;
  readonly auth?: 'basic' | 'md5';
  /** It sends Cred with every message. */
  readonly credAlways?: boolean;
  /** It never sends to RespURI, or ends the session when an answer has none. */
  readonly respUri?: 'ignored' | 'required';
  /** It begins a session at the last RespURI, with an empty Cred. */
  readonly resumesAtRespUri?: boolean;
  /** Commands on which it crashes; `Add node` is the Add of an interior node. */
  readonly crashesOn?: readonly string[];
  /** 406 to a Sequence, and nothing to its members. */
  readonly knowsNoSequence?: boolean;
  /** It executes the members of an Atomic, answers them, and says nothing about the Atomic. */
  readonly hidesAtomic?: boolean;
  /** It executes the members of a Sequence and answers only the Sequence. Results come all the same. */
  readonly hidesMembers?: boolean;
  readonly lists?: readonly ('Struct' | 'StructData' | 'TNDS')[];
  /** 200 without Results to the Gets that follow `?list=Struct` in a Sequence. */
  readonly structDisturbs?: boolean;
  /** 406 to `?prop=Type`. */
  readonly refusesTypes?: boolean;
  /** A NUL at the end of lists of children and of properties. */
  readonly endsWithNul?: boolean;
  /** It says LrgObj and answers 200 to a first chunk, which is all that it stores. */
  readonly cutsObjects?: boolean;
  /** Status of SyncHdr without CmdRef, Data before TargetRef, formats such as `Chr`. */
  readonly reordersStatus?: boolean;
  /** A value with `&` is stored empty, with 200. */
  readonly losesAmpersands?: boolean;
  /** The DevInfo Replace has its Meta on the command, or the interior node too. */
  readonly devInfoShape?: 'metaOnCommand' | 'withInterior';
  /** It asks for the server's md5 credentials and takes the ServerID as the name in them, whatever its account says. */
  readonly serverPassword?: string;
  readonly maxMsgSize?: number;
}

export interface ClientNode {
  readonly format: string;
  readonly type?: string;
  readonly value?: string;
}

const METINF = 'xmlns="syncml:metinf"';
const SERVER_ID = 'legacy-dm';
const SERVER_NONCE = Buffer.from('nonce for the server').toString('base64');
const SERVER_CHAL = `<Chal><Meta><Format ${METINF}>b64</Format><Type ${METINF}>syncml:auth-md5</Type><NextNonce ${METINF}>${SERVER_NONCE}</NextNonce></Meta></Chal>`;

export class FieldClient {
  readonly nodes: Map<string, ClientNode>;
  /** The commands of the bridge in one session, message by message, such as `Get ./A`. */
  asked: (readonly string[])[] = [];
  /** The messages that it has sent in this session. */
  sent = 0;
  /** Reasons for which the client would have died. */
  readonly faults: string[] = [];
  readonly #account: Account;
  readonly #ways: ClientWays;
  readonly #chunks = new Map<string, string>();
  #respUri: string | undefined;
  #nonce = '';
  /** The digest in the last answer. */
  #shownDigest: string | undefined;
  #refusals = 0;
  #isServerAccepted = false;

  constructor(account: Account, ways: ClientWays, nodes: Readonly<Record<string, ClientNode>>) {
    this.#account = account;
    this.#ways = ways;
    this.nodes = new Map(Object.entries(nodes));
  }

  /** Plays a session that begins with these alerts. */
  async session(bridge: BridgeUnderTest, sessionId: string, alerts: readonly string[] = []): Promise<void> {
    const { resumesAtRespUri = false } = this.#ways;
    this.asked = [];
    this.sent = 0;
    this.#refusals = 0;
    this.#isServerAccepted = false;
    if (!resumesAtRespUri) this.#respUri = undefined;
    const packageOne = [`<Alert><CmdID>1</CmdID><Data>1201</Data></Alert>`, this.#devInfo(), ...alerts];
    let body = packageOne;
    let isAccepted = false;
    for (let msgId = 1; msgId < 80; msgId += 1) {
      const answer = await this.#post(bridge, { sessionId, msgId, body, isAccepted });
      const wasAccepted = isAccepted;
      isAccepted = answer.statuses.some((status) => /^SyncHdr 0 2/u.test(status));
      if (answer.nextNonce !== undefined) this.#nonce = answer.nextNonce;
      if (!isAccepted && !wasAccepted) {
        // Some repeat their whole Package#1 (MsgID 2).
        body = packageOne;
        continue;
      }
      if (answer.commands.length === 0) return;
      body = [...this.#run(answer)];
    }
    throw new Error('the session does not end');
  }

  async #post(bridge: BridgeUnderTest, { sessionId, msgId, body, isAccepted }: SentMessage): Promise<Answer> {
    const { form = XML_FORM, contentType = 'application/vnd.syncml.dm+xml', userAgent, respUri } = this.#ways;
    const { credAlways = false, maxMsgSize } = this.#ways;
    const cred = isAccepted && !credAlways ? '' : this.#cred(msgId);
    const meta = maxMsgSize === undefined ? '' : `<Meta><MaxMsgSize ${METINF}>${maxMsgSize}</MaxMsgSize></Meta>`;
    const { devId } = this.#account;
    const text = syncml({ sessionId, msgId, devId, verProto: 'DM/1.2', cred, meta }, body);
    const headers: Record<string, string> = { 'content-type': contentType };
    if (userAgent !== undefined) headers['user-agent'] = userAgent;
    const wire = form.toWire({ startLine: '', headers, body: text });
    const { 'content-type': type = '', ...others } = wire.headers;
    const token = this.#respUri === undefined ? undefined : this.#respUri.slice(PUBLIC_URL.length + 1);
    const request = { body: wire.body, contentType: type, headers: others, token, remoteAddress: '192.0.2.1' };
    this.sent += 1;
    const got = await bridge.handle(request);
    if (got.status !== 200 || got.body.length === 0)
      this.faults.push(`HTTP ${got.status} with ${got.body.length} bytes`);
    const answered = form.fromWire({ startLine: '', headers: got.headers, body: got.body }).body;
    const answer = readAnswer(answered);
    this.#shownDigest = textAt(child(readXml(answered), 'SyncHdr'), 'Cred', 'Data');
    if (respUri === 'required' && answer.respUri === undefined) this.faults.push('an answer without RespURI');
    if (respUri !== 'ignored') this.#respUri = answer.respUri;
    return answer;
  }

  #cred(msgId: number): string {
    if (this.#ways.resumesAtRespUri === true && this.#respUri !== undefined && msgId === 1) {
      return basicCred(this.#account).replace(/<Data>.*?<\/Data>/u, '<Data></Data>');
    }
    return this.#ways.auth === 'md5' ? md5Cred(this.#account, this.#nonce) : basicCred(this.#account);
  }

  #devInfo(): string {
    const { devInfo, devInfoShape } = this.#ways;
    const leaves = Object.entries({ Lang: 'en', ...devInfo, DevId: this.#account.devId });
    const meta = (format: string) =>
      `<Meta><Format ${METINF}>${format}</Format><Type ${METINF}>text/plain</Type></Meta>`;
    const own = devInfoShape === 'metaOnCommand' ? '' : meta('chr');
    const items = leaves.map(
      ([name, value]) => `<Item><Source><LocURI>./DevInfo/${name}</LocURI></Source>${own}<Data>${value}</Data></Item>`,
    );
    if (devInfoShape === 'withInterior') {
      const names = leaves.map(([name]) => name).join('/');
      items.unshift(`<Item><Source><LocURI>./DevInfo</LocURI></Source>${meta('node')}<Data>${names}</Data></Item>`);
    }
    const common = devInfoShape === 'metaOnCommand' ? meta('chr') : '';
    return `<Replace><CmdID>2</CmdID>${common}${items.join('')}</Replace>`;
  }

  /** The answers to a message. */
  #run(answer: Answer): readonly string[] {
    const { crashesOn = [], knowsNoSequence = false, hidesAtomic = false, hidesMembers = false } = this.#ways;
    const writer = new AnswerWriter(answer.msgId, this.#ways);
    this.asked.push(answer.commands.filter(({ name }) => name !== 'Alert').map(lineOf));
    this.#isServerAccepted ||= this.#isServerKnown();
    if (!this.#isServerAccepted) {
      this.#refusals += 1;
      if (this.#refusals > 2) this.faults.push('the server has no right credentials');
      writer.status('0', 'SyncHdr', 407, { chal: SERVER_CHAL });
      for (const { name, cmdId } of answer.commands) writer.status(cmdId, name, 407);
      return writer.commands;
    }
    writer.status('0', 'SyncHdr', 212);
    let isDisturbed = false;
    const isInSequence = answer.commands.some(({ name }) => name === 'Sequence');
    for (const { name, cmdId, node } of answer.commands) {
      const isInterior = (textAt(node, 'Item', 'Meta', 'Format') ?? textAt(node, 'Meta', 'Format')) === 'node';
      for (const each of [name, ...(isInterior ? [`${name} node`] : [])]) {
        if (crashesOn.includes(each)) this.faults.push(`crash at ${each}`);
      }
      if (name === 'Sequence' && knowsNoSequence) {
        writer.status(cmdId, name, 406);
        return writer.commands;
      }
      if (name === 'Atomic' && hidesAtomic) continue;
      const target = textAt(node, 'Item', 'Target', 'LocURI') ?? '';
      const { code, items = [] } = this.#execute(name, target, node);
      if (!hidesMembers || !isInSequence || name === 'Sequence') writer.status(cmdId, name, code, { target });
      if (items.length > 0 && !(isDisturbed && isInSequence)) writer.results(cmdId, items);
      isDisturbed ||= this.#ways.structDisturbs === true && target.endsWith('?list=Struct');
    }
    return writer.commands;
  }

  /** Only a digest made with the ServerID as its name is right. */
  #isServerKnown(): boolean {
    const { serverPassword } = this.#ways;
    if (serverPassword === undefined) return true;
    const wanted = md5Cred({ user: SERVER_ID, password: serverPassword }, SERVER_NONCE);
    return this.#shownDigest !== undefined && wanted.includes(`<Data>${this.#shownDigest}</Data>`);
  }

  #execute(name: string, target: string, node: XmlNode): Executed {
    const [locUri = '', query = ''] = target.split('?');
    const known = this.nodes.get(locUri);
    if (name !== 'Get' && query !== '') return { code: 406 };
    switch (name) {
      case 'Get':
        return this.#get(locUri, query);
      case 'Add':
        return known === undefined ? this.#write(locUri, node) : { code: 418 };
      case 'Replace':
        return known === undefined ? { code: 404 } : this.#write(locUri, node);
      case 'Delete': {
        const gone = [...this.nodes.keys()].filter((each) => each === locUri || each.startsWith(`${locUri}/`));
        for (const each of gone) this.nodes.delete(each);
        return { code: gone.length === 0 ? 404 : 200 };
      }
      default:
        return { code: 200 };
    }
  }

  #write(locUri: string, node: XmlNode): Executed {
    const data = textAt(node, 'Item', 'Data') ?? '';
    const format = textAt(node, 'Item', 'Meta', 'Format') ?? textAt(node, 'Meta', 'Format') ?? 'chr';
    const isChunk = child(node, 'Item', 'MoreData') !== undefined;
    const begun = this.#chunks.get(locUri) ?? '';
    if (isChunk && this.#ways.cutsObjects !== true) {
      this.#chunks.set(locUri, begun + data);
      return { code: 213 };
    }
    this.#chunks.delete(locUri);
    const value = this.#ways.losesAmpersands === true && data.includes('&') ? '' : begun + data;
    for (const above of parentsOf(locUri)) if (!this.nodes.has(above)) this.nodes.set(above, { format: 'node' });
    this.nodes.set(locUri, format === 'node' ? { format } : { format, value });
    return { code: 200 };
  }

  #get(locUri: string, query: string): Executed {
    const { lists = [], refusesTypes = false, endsWithNul = false } = this.#ways;
    const end = endsWithNul ? '\0' : '';
    const known = this.nodes.get(locUri);
    if (known === undefined) return { code: query.startsWith('list=') ? 406 : 404 };
    if (query === '') return { code: 200, items: [this.#itemOf(locUri, known, end)] };
    if (query === 'prop=Type' && !refusesTypes) {
      const type = known.type ?? (known.format === 'node' ? '' : 'text/plain');
      return { code: 200, items: [itemText(`${locUri}?${query}`, 'chr', type + end)] };
    }
    const list = lists.find((each) => query === `list=${each}`);
    if (list === undefined || list === 'TNDS') return { code: 406 };
    const below = [...this.nodes].filter(
      ([each]) => each === locUri || each.startsWith(`${locUri}/`) || locUri === '.',
    );
    return {
      code: 200,
      items: below.map(([each, node]) => {
        const isShown = list === 'StructData' && node.value !== undefined;
        return itemText(each, node.format, isShown ? node.value : undefined, node.type);
      }),
    };
  }

  #itemOf(locUri: string, { format, type, value }: ClientNode, end: string): string {
    if (format !== 'node') return itemText(locUri, format, value, type);
    const prefix = `${locUri}/`;
    const names = [...this.nodes.keys()].filter(
      (each) => each.startsWith(prefix) && !each.slice(prefix.length).includes('/'),
    );
    return itemText(locUri, format, names.map((each) => each.slice(prefix.length)).join('/') + end);
  }
}

interface SentMessage {
  readonly sessionId: string;
  readonly msgId: number;
  readonly body: readonly string[];
  readonly isAccepted: boolean;
}

interface Executed {
  readonly code: number;
  readonly items?: readonly string[];
}

/** Writes Statuses and Results in the manner of the client. */
class AnswerWriter {
  readonly commands: string[] = [];
  readonly #msgRef: number;
  readonly #ways: ClientWays;

  constructor(msgRef: number, ways: ClientWays) {
    this.#msgRef = msgRef;
    this.#ways = ways;
  }

  status(cmdRef: string, cmd: string, code: number, { target = '', chal = '' } = {}): void {
    const head = `<CmdID>${this.#nextId()}</CmdID><MsgRef>${this.#msgRef}</MsgRef>`;
    const ref = target === '' ? '' : `<TargetRef>${target.replaceAll('&', '&amp;')}</TargetRef>`;
    const reordered = this.#ways.reordersStatus === true;
    const cmdRefText = reordered && cmd === 'SyncHdr' ? '' : `<CmdRef>${cmdRef}</CmdRef>`;
    const data = `<Data>${code}</Data>`;
    const rest = reordered ? `${chal}${data}${ref}` : `${ref}${chal}${data}`;
    this.commands.push(`<Status>${head}${cmdRefText}<Cmd>${cmd}</Cmd>${rest}</Status>`);
  }

  results(cmdRef: string, items: readonly string[]): void {
    const text = items.join('');
    const written = this.#ways.reordersStatus === true ? text.replaceAll('>chr<', '>Chr<') : text;
    const head = `<CmdID>${this.#nextId()}</CmdID><MsgRef>${this.#msgRef}</MsgRef><CmdRef>${cmdRef}</CmdRef>`;
    this.commands.push(`<Results>${head}${written}</Results>`);
  }

  #nextId(): number {
    return this.commands.length + 1;
  }
}

function itemText(source: string, format: string, data?: string, type?: string): string {
  const typeMeta = type === undefined ? '' : `<Type ${METINF}>${type}</Type>`;
  const meta = `<Meta><Format ${METINF}>${format}</Format>${typeMeta}</Meta>`;
  const text = data === undefined ? '' : `<Data>${data.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Data>`;
  return `<Item><Source><LocURI>${source}</LocURI></Source>${meta}${text}</Item>`;
}

function parentsOf(locUri: string): readonly string[] {
  const names = locUri.split('/');
  return names.slice(1, -1).map((_, at) => names.slice(0, at + 2).join('/'));
}

function lineOf({ name, node }: Answer['commands'][number]): string {
  const target = textAt(node, 'Item', 'Target', 'LocURI');
  return target === undefined ? name : `${name} ${target}`;
}
