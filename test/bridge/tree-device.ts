/**
 * A device with a tree of any size, made of text: it lists sub-trees in the ways that it supports, and spreads its answers
 * over many messages.
 */
import { type Account, alert, packageOne, readAnswer, status, syncml, textAt } from '../e2e/scripted-device.ts';
import { type BridgeUnderTest, tokenOf } from './bridge-under-test.ts';

/** An interior node, or the text of a leaf. */
export type Nodes = { readonly [name: string]: Nodes | string };

export interface TreeDeviceOptions {
  /** Below the root. */
  readonly tree: Nodes;
  /** MOIDs of interior nodes by LocURI. */
  readonly types?: Readonly<Record<string, string>>;
  readonly lists?: readonly ('StructData' | 'TNDS' | 'Struct')[];
  /** The form of a TNDS document in Data: escaped as CDATA, or as elements. */
  readonly document?: 'cdata' | 'elements';
  /** Items that fit into one message; all of them when absent. */
  readonly itemsPerMessage?: number;
  /** Characters of Data that fit into one message; the rest follows in chunks (DM-1.3 §8). */
  readonly charactersPerMessage?: number;
}

const METINF = 'xmlns="syncml:metinf"';

/** A command of the device, once it has its CmdID. */
type Piece = (cmdId: number) => string;

export class TreeDevice {
  /** The commands of the bridge, message by message. */
  readonly asked: string[][] = [];
  /** The number of messages that it has sent. */
  messages = 0;
  readonly #account: Account;
  readonly #options: TreeDeviceOptions;

  constructor(account: Account, options: TreeDeviceOptions) {
    this.#account = account;
    this.#options = options;
  }

  /** Plays a whole session; `post` may measure the bridge. */
  async session(
    bridge: BridgeUnderTest,
    sessionId = '1',
    post: BridgeUnderTest['post'] = (...message) => bridge.post(...message),
  ) {
    const header = { sessionId, devId: this.#account.devId };
    let body = packageOne(this.#account, header);
    let token: string | undefined;
    let queue: (readonly Piece[])[] = [];
    for (let msgId = 2; msgId < 2000; msgId += 1) {
      this.messages += 1;
      const got = await post(body, { token });
      if (got.status !== 200 || got.body === '')
        throw new Error(`message ${msgId - 1}: HTTP ${got.status} ${got.body}`);
      const answer = readAnswer(got.body);
      token = tokenOf(answer);
      const asked = answer.commands.filter(({ name }) => name !== 'Sequence' && name !== 'Alert');
      if (answer.commands.length === 0) {
        if (queue.length > 0) throw new Error('the bridge ends the session while the device has more to say');
        return;
      }
      if (asked.length > 0) this.asked.push(asked.map(({ name, node }) => `${name} ${targetOf(node)}`));
      if (asked.length > 0) queue = [...queue, ...this.#replies(answer)];
      const [now = [], ...rest] = queue;
      queue = rest;
      const first = status(1, { msgRef: answer.msgId, cmdRef: 0, cmd: 'SyncHdr' }, 200);
      // A message without Final that asks nothing is no more than the wish for the next one of ours.
      const isOpen = !answer.final && asked.length > 0;
      const next = isOpen ? [alert(now.length + 2, 1222)] : [];
      body = syncml(
        { ...header, msgId },
        [first, ...now.map((piece, at) => piece(at + 2)), ...next],
        queue.length === 0 && !isOpen,
      );
    }
    throw new Error('the session does not end');
  }

  /** The answers to a message, one list for each message of the device. */
  #replies({ msgId, commands }: ReturnType<typeof readAnswer>): readonly (readonly Piece[])[] {
    const messages: Piece[][] = [[]];
    const { itemsPerMessage = Number.POSITIVE_INFINITY, charactersPerMessage } = this.#options;
    let room = itemsPerMessage;
    const say = (piece: Piece) => messages.at(-1)?.push(piece);
    const nextMessage = () => {
      messages.push([]);
      room = itemsPerMessage;
    };
    for (const { name, cmdId, node } of commands) {
      if (name === 'Alert') continue;
      const of = { msgRef: msgId, cmdRef: cmdId };
      const items = name === 'Get' ? this.#get(targetOf(node)) : [];
      say((own) => status(own, { ...of, cmd: name }, items === undefined ? 404 : 'code' in items ? items.code : 200));
      if (items === undefined || 'code' in items) continue;
      const results =
        (inside: string): Piece =>
        (own) =>
          `<Results><CmdID>${own}</CmdID><MsgRef>${of.msgRef}</MsgRef><CmdRef>${of.cmdRef}</CmdRef>${inside}</Results>`;
      const [only] = items;
      if (
        charactersPerMessage !== undefined &&
        items.length === 1 &&
        only !== undefined &&
        (only.data?.length ?? 0) > charactersPerMessage
      ) {
        chunksOf(only, charactersPerMessage).forEach((chunk, at) => {
          if (at > 0) nextMessage();
          say(results(chunk));
        });
        continue;
      }
      for (let from = 0; from < items.length; ) {
        if (room === 0) nextMessage();
        const some = items.slice(from, from + Math.min(room, items.length - from));
        say(results(some.map((item) => itemText(item)).join('')));
        from += some.length;
        room -= some.length;
      }
    }
    return messages;
  }

  #get(target: string): readonly ItemText[] | { readonly code: number } | undefined {
    const { tree, lists = [], document = 'cdata' } = this.#options;
    const [place = '', query = ''] = target.split('?');
    const list = /^list=(.*)$/u.exec(query)?.[1];
    const known = lists.find((each) => each === list);
    if (query === 'prop=Type') return [{ source: target, data: this.#options.types?.[place] ?? '' }];
    if (query !== '' && known === undefined) return { code: 406 };
    const node = nodeAt(tree, place);
    if (node === undefined) return undefined;
    if (known === 'TNDS') {
      const text = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${this.#documentOf(node, place)}</MgmtTree>`;
      const data = document === 'cdata' ? `<![CDATA[${text}]]>` : text;
      return [{ source: place, format: 'xml', type: 'application/vnd.syncml.dmtnds+xml', data, raw: text }];
    }
    if (known !== undefined) return this.#listing(node, place, known === 'StructData');
    return [
      typeof node === 'string'
        ? { source: place, data: node }
        : { source: place, format: 'node', data: Object.keys(node).join('/') },
    ];
  }

  #listing(node: Nodes | string, place: string, withData: boolean): readonly ItemText[] {
    if (typeof node === 'string') return [{ source: place, ...(withData && { data: node }) }];
    const type = this.#options.types?.[place];
    const below = Object.entries(node).flatMap(([name, child]) => this.#listing(child, `${place}/${name}`, withData));
    return [{ source: place, format: 'node', ...(type !== undefined && { type }) }, ...below];
  }

  #documentOf(node: Nodes | string, place: string): string {
    const name = `<NodeName>${place.slice(place.lastIndexOf('/') + 1)}</NodeName>`;
    if (typeof node === 'string') {
      return `<Node>${name}<RTProperties><Format><chr/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>${node}</Value></Node>`;
    }
    const below = Object.entries(node).map(([child, inner]) => this.#documentOf(inner, `${place}/${child}`));
    const type = this.#options.types?.[place] ?? '';
    return `<Node>${name}<RTProperties><Format><node/></Format><Type><DDFName>${type}</DDFName></Type></RTProperties>${below.join('')}</Node>`;
  }
}

interface ItemText {
  readonly source: string;
  readonly format?: string;
  readonly type?: string;
  /** As written in the message. */
  readonly data?: string;
  /** Before it was escaped, where that makes a difference. */
  readonly raw?: string;
}

function itemText({ source, format, type, data }: ItemText, size = '', more = ''): string {
  let meta = '';
  if (format !== undefined) meta += `<Format ${METINF}>${format}</Format>`;
  if (type !== undefined) meta += `<Type ${METINF}>${type}</Type>`;
  meta += size;
  const content = data === undefined ? '' : `<Data>${data}</Data>`;
  return `<Item><Source><LocURI>${source}</LocURI></Source>${meta === '' ? '' : `<Meta>${meta}</Meta>`}${content}${more}</Item>`;
}

/** One object over several messages: its size with the first, MoreData with all but the last. */
function chunksOf(item: ItemText, length: number): readonly string[] {
  const text = item.raw ?? item.data ?? '';
  const count = Math.ceil(text.length / length);
  return Array.from({ length: count }, (_, at) => {
    const data = `<![CDATA[${text.slice(at * length, (at + 1) * length)}]]>`;
    const size = at === 0 ? `<Size ${METINF}>${Buffer.byteLength(text)}</Size>` : '';
    return itemText({ ...item, data }, size, at < count - 1 ? '<MoreData/>' : '');
  });
}

function targetOf(node: Parameters<typeof textAt>[0]): string {
  return textAt(node, 'Item', 'Target', 'LocURI') ?? '';
}

function nodeAt(tree: Nodes, place: string): Nodes | string | undefined {
  const names = place.split('/').slice(1);
  return names.reduce<Nodes | string | undefined>((at, name) => (typeof at === 'object' ? at[name] : undefined), tree);
}
