/**
 * A DM 1.x Client that writes SyncML as text. It does not use the bridge's codecs, so that both have only the specification
 * in common.
 *
 * @see OMA-TS-DM_Protocol 1.3 §6 to §9; SyncML representation protocol 1.2
 */
import { createHash } from 'node:crypto';
import { SaxesParser } from 'saxes';

export const DM_XML = 'application/vnd.syncml.dm+xml';
const SERVER_URI = 'http://dm.example.com/dm';

export interface Account {
  readonly devId: string;
  readonly user: string;
  readonly password: string;
}

/** An element of an answer, without its namespace. */
export interface XmlNode {
  readonly name: string;
  readonly children: XmlNode[];
  text: string;
}

export interface Hdr {
  readonly sessionId?: string;
  readonly msgId?: number;
  readonly devId?: string;
  readonly cred?: string;
  readonly locName?: string;
  readonly verDtd?: string;
  readonly verProto?: string;
  readonly target?: string;
  readonly meta?: string;
}

const METINF = 'xmlns="syncml:metinf"';

/** Returns a whole message; `final: false` leaves Final out. */
export function syncml(header: Hdr, commands: readonly string[], final = true): string {
  const { sessionId = '1', msgId = 1, devId = 'IMEI:1', cred = '', locName, target = SERVER_URI, meta = '' } = header;
  const { verDtd = '1.2', verProto = 'DM/1.3' } = header;
  const name = locName === undefined ? '' : `<LocName>${locName}</LocName>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.2">',
    `<SyncHdr><VerDTD>${verDtd}</VerDTD><VerProto>${verProto}</VerProto>`,
    `<SessionID>${sessionId}</SessionID><MsgID>${msgId}</MsgID>`,
    `<Target><LocURI>${target}</LocURI></Target><Source><LocURI>${devId}</LocURI>${name}</Source>${cred}${meta}</SyncHdr>`,
    `<SyncBody>${commands.join('')}${final ? '<Final/>' : ''}</SyncBody></SyncML>`,
  ].join('');
}

export function basicCred({ user, password }: Pick<Account, 'user' | 'password'>): string {
  return cred('syncml:auth-basic', Buffer.from(`${user}:${password}`).toString('base64'));
}

/** Returns an MD5 Cred; `nonce` is base64, as in NextNonce. */
export function md5Cred({ user, password }: Pick<Account, 'user' | 'password'>, nonce: string): string {
  const md5 = (data: string | Buffer) => createHash('md5').update(data).digest();
  const inner = md5(`${user}:${password}`).toString('base64');
  const digest = md5(Buffer.concat([Buffer.from(`${inner}:`), Buffer.from(nonce, 'base64')]));
  return cred('syncml:auth-md5', digest.toString('base64'));
}

function cred(type: string, data: string): string {
  return `<Cred><Meta><Format ${METINF}>b64</Format><Type ${METINF}>${type}</Type></Meta><Data>${data}</Data></Cred>`;
}

export function alert(cmdId: number, code: number | string): string {
  return `<Alert><CmdID>${cmdId}</CmdID><Data>${code}</Data></Alert>`;
}

export interface EventItem {
  readonly type?: string;
  readonly format?: string;
  readonly data?: string;
  readonly source?: string;
}

/** Returns an Alert with Items; its code is 1226 if absent. */
export function event(
  cmdId: number,
  items: readonly EventItem[],
  { code = 1226, correlator }: { readonly code?: number; readonly correlator?: string | undefined } = {},
): string {
  const link = correlator === undefined ? '' : `<Correlator>${correlator}</Correlator>`;
  return `<Alert><CmdID>${cmdId}</CmdID><Data>${code}</Data>${link}${items.map(eventItem).join('')}</Alert>`;
}

function eventItem({ type, format, data, source }: EventItem): string {
  const place = source === undefined ? '' : `<Source><LocURI>${source}</LocURI></Source>`;
  const formatMeta = format === undefined ? '' : `<Format ${METINF}>${format}</Format>`;
  const typeMeta = type === undefined ? '' : `<Type ${METINF}>${type}</Type>`;
  const meta = formatMeta + typeMeta === '' ? '' : `<Meta>${formatMeta}${typeMeta}</Meta>`;
  return `<Item>${place}${meta}${data === undefined ? '' : `<Data>${data}</Data>`}</Item>`;
}

/** Returns a Generic Alert with one Item of text. */
export function note(cmdId: number, data: string): string {
  return event(cmdId, [{ type: 'com.example.note', format: 'chr', data }]);
}

/** Returns the Replace with the mandatory DevInfo. */
export function devInfo(cmdId: number, devId = 'IMEI:1'): string {
  const leaves = { Lang: 'en', DmV: '1.3.0', Mod: 'Phone', Man: 'Maker', DevId: devId };
  const items = Object.entries(leaves).map(
    ([name, value]) => `<Item><Source><LocURI>./DevInfo/${name}</LocURI></Source><Data>${value}</Data></Item>`,
  );
  return `<Replace><CmdID>${cmdId}</CmdID>${items.join('')}</Replace>`;
}

/** Returns Package#1 of a session that the device begins, with Basic credentials unless `header` has others. */
export function packageOne(account: Account, header: Hdr = {}, extra: readonly string[] = [], final = true): string {
  const { devId } = account;
  return syncml({ devId, cred: basicCred(account), ...header }, [alert(1, 1201), devInfo(2, devId), ...extra], final);
}

export function status(
  cmdId: number,
  of: { readonly msgRef: number | string; readonly cmdRef: number | string; readonly cmd: string },
  code: number,
): string {
  const { msgRef, cmdRef, cmd } = of;
  return `<Status><CmdID>${cmdId}</CmdID><MsgRef>${msgRef}</MsgRef><CmdRef>${cmdRef}</CmdRef><Cmd>${cmd}</Cmd><Data>${code}</Data></Status>`;
}

export function results(
  cmdId: number,
  of: { readonly msgRef: number | string; readonly cmdRef: number | string },
  source: string,
  data: string,
  format = 'chr',
): string {
  const meta = `<Meta><Format ${METINF}>${format}</Format></Meta>`;
  return `<Results><CmdID>${cmdId}</CmdID><MsgRef>${of.msgRef}</MsgRef><CmdRef>${of.cmdRef}</CmdRef><Item><Source><LocURI>${source}</LocURI></Source>${meta}<Data>${data}</Data></Item></Results>`;
}

/** Parses an answer of the bridge. @throws Error when it is not well-formed */
export function readXml(text: string): XmlNode {
  const root: XmlNode = { name: '', children: [], text: '' };
  const stack = [root];
  const parser = new SaxesParser({ xmlns: true });
  const top = () => stack.at(-1) ?? root;
  parser.on('opentag', ({ local }) => {
    const node = { name: local, children: [], text: '' };
    top().children.push(node);
    stack.push(node);
  });
  parser.on('text', (part) => {
    top().text += part;
  });
  parser.on('cdata', (part) => {
    top().text += part;
  });
  parser.on('closetag', () => {
    stack.pop();
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(text).close();
  return root.children[0] ?? root;
}

export function child(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  return path.reduce<XmlNode | undefined>((at, name) => at?.children.find((each) => each.name === name), node);
}

export function textAt(node: XmlNode | undefined, ...path: readonly string[]): string | undefined {
  return child(node, ...path)?.text.trim();
}

/** A message of the bridge, parsed. */
export interface Answer {
  readonly sessionId: string;
  readonly msgId: number;
  readonly respUri: string | undefined;
  /** `Cmd CmdRef Data`, in order. */
  readonly statuses: readonly string[];
  readonly nextNonce: string | undefined;
  readonly chalType: string | undefined;
  /** Everything but Status, members of Sequence and Atomic after their container. */
  readonly commands: readonly { readonly name: string; readonly cmdId: string; readonly node: XmlNode }[];
  readonly final: boolean;
}

export function readAnswer(body: string): Answer {
  const root = readXml(body);
  const header = child(root, 'SyncHdr');
  const inBody = child(root, 'SyncBody')?.children ?? [];
  const statuses = inBody.filter(({ name }) => name === 'Status');
  const chal = statuses.map((each) => child(each, 'Chal', 'Meta')).find((meta) => meta !== undefined);
  return {
    sessionId: textAt(header, 'SessionID') ?? '',
    msgId: Number(textAt(header, 'MsgID')),
    respUri: textAt(header, 'RespURI'),
    statuses: statuses.map((each) => `${textAt(each, 'Cmd')} ${textAt(each, 'CmdRef')} ${textAt(each, 'Data')}`),
    nextNonce: textAt(chal, 'NextNonce'),
    chalType: textAt(chal, 'Type'),
    commands: flatten(inBody.filter(({ name }) => name !== 'Status' && name !== 'Final')),
    final: inBody.some(({ name }) => name === 'Final'),
  };
}

function flatten(nodes: readonly XmlNode[]): Answer['commands'] {
  return nodes.flatMap((node) => {
    const own = { name: node.name, cmdId: textAt(node, 'CmdID') ?? '', node };
    const isContainer = node.name === 'Sequence' || node.name === 'Atomic';
    return [own, ...(isContainer ? flatten(node.children.filter((each) => child(each, 'CmdID') !== undefined)) : [])];
  });
}

/** Returns the answers of a device with these leaves to all commands of a message; adds the commands to `executed`. */
export function reply(
  answer: Answer,
  leaves: Readonly<Record<string, string>>,
  executed: string[] = [],
): readonly string[] {
  let last = 0;
  const nextId = () => {
    last += 1;
    return last;
  };
  const msgRef = answer.msgId;
  const out = [status(nextId(), { msgRef, cmdRef: 0, cmd: 'SyncHdr' }, 200)];
  for (const { name, cmdId, node } of answer.commands) {
    const locUri = textAt(node, 'Item', 'Target', 'LocURI') ?? '';
    const value = name === 'Get' ? leaves[locUri] : '';
    if (name !== 'Alert' && name !== 'Sequence') executed.push(`${name} ${locUri}`);
    out.push(status(nextId(), { msgRef, cmdRef: cmdId, cmd: name }, value === undefined ? 404 : 200));
    if (name === 'Get' && value !== undefined) {
      out.push(results(nextId(), { msgRef, cmdRef: cmdId }, locUri, value));
    }
  }
  return out;
}
