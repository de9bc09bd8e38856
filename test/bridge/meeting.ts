/** A device and a bridge that meet in several sessions, each with its own commands of the backend. */

import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import { toDdfMappings } from '../../src/mapping/ddf-mapping.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { Command } from '../../src/syncml/message.ts';
import { BRUCE, BridgeUnderTest, commands, noCommands, replied, statusesIn } from './bridge-under-test.ts';
import { type DeviceAnswer, type DeviceNode, ValueDevice, type ValueDeviceOptions } from './value-device.ts';

export const GUARD = 'urn:example:mo:guard:1.0';
/** A resource has its text in its URL. */
export const DATA = 'http://backend.example.com/';
const { mappings } = loadMappings();

/** A DDF of a vendor with the root of the MO at each of these parents. */
export function guardAt(...parents: readonly string[]) {
  return withGuard(parents, '<Get/>');
}

/** The same; a backend may add the roots. */
export function addableGuardAt(...parents: readonly string[]) {
  return withGuard(parents, '<Add/><Get/>');
}

function withGuard(parents: readonly string[], access: string) {
  const described = parents.flatMap((parent) => {
    const level = `<Node><NodeName>Level</NodeName><DFProperties><AccessType><Add/><Get/><Replace/></AccessType><DFFormat><chr/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>`;
    const root = `<Node><NodeName>Guard</NodeName><Path>${parent}</Path><DFProperties><AccessType>${access}</AccessType><DFFormat><node/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><Scope><Dynamic/></Scope><DFType><DDFName>${GUARD}</DDFName></DFType></DFProperties>${level}</Node>`;
    return root;
  });
  const text = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${described.join('')}</MgmtTree>`;
  return [...mappings, ...toDdfMappings(readDdf(text))];
}

export type Nodes = Readonly<Record<string, DeviceNode>>;
export const interior = (type = ''): DeviceNode => (type === '' ? { format: 'node' } : { format: 'node', type });

/** A tree with the nodes above these, and the mandatory ones. */
export function treeOf(nodes: Nodes): Nodes {
  const tree: Record<string, DeviceNode> = { '.': interior(), './DevInfo': interior(), './DevDetail': interior() };
  for (const locUri of Object.keys(nodes)) {
    const names = locUri.split('/');
    for (let count = 2; count < names.length; count += 1) tree[names.slice(0, count).join('/')] ??= interior();
  }
  return { ...tree, ...nodes };
}

/** An instance below each of these parents; its value is the name of the tree. */
export function guards(...parents: readonly string[]): Nodes {
  return treeOf(
    Object.fromEntries(
      parents.flatMap((parent) => [
        [`${parent}/Guard`, interior(GUARD)],
        [`${parent}/Guard/Level`, { format: 'chr', value: parent }],
      ]),
    ),
  );
}

/** The ways in which a device tells the Type: with the node, by its property only, or not at all. */
export type Types = 'told' | 'property' | 'none';

function withTypes(
  types: Types,
  nodes: () => ReadonlyMap<string, DeviceNode>,
): NonNullable<ValueDeviceOptions['answer']> {
  return (command, regular): DeviceAnswer | undefined => {
    const [locUri = '', query = ''] = command.replace('Get ', '').split('?');
    if (query === 'prop=Type') {
      const node = nodes().get(locUri);
      if (types !== 'property') return { code: 406 };
      if (node === undefined) return { code: 404 };
      return { code: 200, results: [{ source: { locUri: `${locUri}?prop=Type` }, data: node.type ?? '' }] };
    }
    const { code, results } = regular();
    const isPlain = command.startsWith('Get ') && query === '';
    if (results === undefined) return { code };
    if (types === 'told' || (types === 'property' && !isPlain)) return { code, results };
    return {
      code,
      results: results.map(({ meta, ...item }) => ({ ...item, meta: { format: meta?.format ?? 'chr' } })),
    };
  };
}

export interface MeetingOptions {
  readonly nodes: Nodes;
  readonly encoding?: 'xml' | 'wbxml';
  readonly lists?: NonNullable<ValueDeviceOptions['lists']>;
  readonly types?: Types;
  readonly mappings?: ReturnType<typeof guardAt>;
  readonly documents?: Readonly<Record<string, string>>;
  /** LocURIs of nodes for whose Get it answers 425. */
  readonly refuses?: readonly string[];
}

/** A device with a bridge, for several sessions. */
export class Meeting {
  readonly bridge: BridgeUnderTest;
  readonly device: ValueDevice;
  readonly refused: Set<string>;
  /** LocURIs of nodes for whose Get it answers 206. */
  readonly partial = new Set<string>();
  /** The status of the Get of a node that fails. */
  readonly failing = new Map<string, number>();
  #list: readonly (readonly string[])[] = [];
  #sessions = 0;

  private constructor(bridge: BridgeUnderTest, scene: MeetingOptions) {
    this.bridge = bridge;
    const { types = 'told', nodes, encoding = 'xml', lists = [] } = scene;
    this.refused = new Set(scene.refuses);
    const tell = withTypes(types, () => this.device.nodes);
    const answer: typeof tell = (command, regular) => {
      const locUri = command.replace(/^Get /u, '');
      if (this.refused.has(locUri)) return { code: 425 };
      const failure = this.failing.get(locUri);
      if (failure !== undefined) return { code: failure };
      const told = tell(command, regular);
      return told !== undefined && this.partial.has(locUri) ? { ...told, code: 206 } : told;
    };
    this.device = new ValueDevice(BRUCE, { nodes, encoding, lists, answer, documents: scene.documents ?? {} });
    bridge.script = ({ purpose, url, headers }) => {
      if (purpose === 'repository') return resource(decodeURIComponent(url.slice(DATA.length)));
      return headers['content-type']?.includes('initiation') === true ? commands(...this.#list) : noCommands();
    };
  }

  static async with(scene: MeetingOptions): Promise<Meeting> {
    const bridge = await BridgeUnderTest.open({ devices: [BRUCE], mappings: scene.mappings ?? mappings });
    return new Meeting(bridge, scene);
  }

  /** Plays a session with these commands; returns what the device was asked, message by message, and what the backend got. */
  async session(list: readonly (readonly string[])[], alerts: readonly Command[] = []) {
    this.#list = list;
    this.#sessions += 1;
    const [messages, requests] = [this.device.messages.length, this.bridge.requests.length];
    await this.device.session(this.bridge, String(this.#sessions), alerts);
    await this.bridge.drained();
    const sent = this.bridge.packages().at(-1);
    const text = this.bridge.requests.slice(requests).map(textOf).join('');
    return { asked: this.device.messages.slice(messages), statuses: statusesIn(sent) ?? [], text };
  }
}

/** A document of MO data, or a text. */
function resource(text: string) {
  const type = text.startsWith('[') ? 'application/dmmo+json' : 'text/plain';
  return replied(text, 200, { 'content-type': type });
}

function textOf({ body }: OutgoingRequest): string {
  if (body === undefined) return '';
  return 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
}

/** The values of the leaf of that name in all parts that the backend got, in order. */
export function valuesOf(text: string, name: string): readonly string[] {
  return [...text.matchAll(new RegExp(`"${name}":"([^"]*)"`, 'gu'))].map(([, value = '']) => value);
}
