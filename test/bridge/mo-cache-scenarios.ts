/**
 * Sessions of a device that changes at random, with a backend that reads and writes at random: every answer, and every 304,
 * is held against the truth. No answer is of another moment than that of its command (DM-2.0 §5.2.3, §11).
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { DeviceTree, TreeNode } from '../../src/testbed/device/tree.ts';
import {
  type CommandAnswer,
  DATA_URI,
  type SessionPlan,
  type SessionReport,
  SimulatedSessions,
  type Wire,
} from './simulated-sessions.ts';
import {
  type Address,
  canonical,
  clientUri,
  DCMO,
  instanceIn,
  type Plain,
  plain,
  readable,
  truthOf,
} from './tree-truth.ts';

const VENDOR = 'urn:vendor:mo:product:1.0';
const DIAG = 'urn:oma:mo:oma-diag:1.0';
const DEVDETAIL = 'urn:oma:mo:oma-dm-devdetail:1.0';
const CAM = `${DCMO}/cam`;

const TREE = {
  DevInfo: { DevId: 'IMEI:1', Man: 'Maker', Mod: 'Phone', DmV: '1.2', Lang: 'a' },
  DevDetail: { DevTyp: 'Phone', OEM: 'a', FwV: 'a', SwV: 'a', HwV: 'a', LrgObj: true },
  DCMO: {
    cam: { $type: DCMO, Property: 'a', Enabled: true, Fixed: { $value: 'f', $access: ['Get'] }, Ext: { k: 'a' } },
    usb: { $type: DCMO, Property: 'a', Enabled: false, Ext: {} },
  },
  FUMO: { $type: 'urn:oma:mo:oma-fumo:1.0', Update: { $format: 'null', $access: ['Exec'] } },
  DiagMon: { mem: { $type: DIAG, DiagMonConfig: { Rate: 5 }, DiagMonData: { Free: 100 } } },
  Vendor: { box: { $type: VENDOR, Name: 'a' } },
};
const HANDLERS = { './FUMO/Update': { status: 200, set: { './DCMO/usb/Property': 'set by Exec' } } };

interface Change {
  readonly kind: 'set' | 'add' | 'remove' | 'addInstance' | 'removeInstance';
  readonly place: readonly string[];
  readonly value: string;
  /** The node that 1228 names: the changed one, its MO, or the whole tree. */
  readonly named: 'node' | 'mo' | 'tree';
}

interface Read {
  readonly command: 'GET' | 'HPUT';
  readonly address: Address;
  readonly cv: 'none' | 'last' | 'wrong';
}

interface Round {
  readonly changes: readonly Change[];
  /** The alert about the tree: the pending changes, none, or one with an unknown address. */
  readonly reports: 'pending' | 'nothing' | 'unknown';
  readonly lists: readonly {
    readonly before: readonly Read[];
    readonly write: Wire | undefined;
    readonly after: readonly Read[];
  }[];
  readonly ending: 'done' | 'diesBefore' | 'diesAfter';
  /** The message at which the device or the bridge stops, or an event happens. */
  readonly message: number;
  readonly isKilled: boolean;
  readonly event: Change | undefined;
}

interface Scenario {
  readonly rounds: readonly Round[];
  readonly lists: readonly ('Struct' | 'StructData')[];
  readonly atomic: boolean;
  readonly sequence: 'supported' | 'refused';
  readonly store: 'memory' | 'sqlite';
  /** The session since which 1227 and 1228 report: any session, or the last one that ended in order. */
  readonly counts: 'any' | 'done';
}

const value = fc.constantFrom('a', 'b', 'c');
const named = fc.constantFrom('node' as const, 'mo' as const, 'mo' as const, 'tree' as const);
const LEAVES = [
  'DCMO/cam/Property',
  'DCMO/usb/Property',
  'DCMO/new/Property',
  'DCMO/cam/Ext/k',
  'DevDetail/FwV',
  'DevDetail/OEM',
  'DevInfo/Lang',
];

const change: fc.Arbitrary<Change> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('set' as const), place: fc.constantFrom(...LEAVES), value, named }),
    },
    fc.record({
      kind: fc.constantFrom('add' as const, 'remove' as const),
      place: fc.constant('DCMO/cam/Ext/k'),
      value,
      named,
    }),
    fc.record({
      kind: fc.constantFrom('addInstance' as const, 'removeInstance' as const),
      place: fc.constant('DCMO/new'),
      value,
      named,
    }),
  )
  .map(({ place, ...rest }) => ({ ...rest, place: place.split('/') }));

const ADDRESSES: readonly Address[] = [
  ...['cam', 'usb', 'new', '*'].flatMap((instance) =>
    [[], [], ['Property'], ['Ext'], ['Ext', 'k']].map((path) => ({ moid: DCMO, instance, path })),
  ),
  ...[[], [], ['Lang'], ['FwV']].map((path) => ({ moid: 'urn:oma:mo:oma-dm-devinfo:1.2', instance: '', path })),
  ...[[], ['OEM']].map((path) => ({ moid: DEVDETAIL, instance: '', path })),
  ...[[], ['DiagMonConfig', 'Rate'], ['DiagMonData', 'Free']].map((path) => ({ moid: DIAG, instance: 'mem', path })),
  ...[[], ['Name']].map((path) => ({ moid: VENDOR, instance: 'box', path })),
];

const read: fc.Arbitrary<Read> = fc.record({
  command: fc.constantFrom('GET' as const, 'GET' as const, 'GET' as const, 'HPUT' as const),
  address: fc.constantFrom(...ADDRESSES),
  cv: fc.constantFrom('none' as const, 'last' as const, 'last' as const, 'wrong' as const),
});

const write: fc.Arbitrary<Wire> = fc.oneof(
  fc
    .tuple(value, fc.constantFrom('cam', 'usb', '*'))
    .map(([text, at]) => ['HGET', `${DATA_URI}text-${text}`, `${DCMO}/${at}/Property`]),
  value.map((text) => ['HGET', `${DATA_URI}text-${text}`, `${CAM}/Fixed`]),
  value.map((text) => ['HGET', `${DATA_URI}cam-${text}`, `${CAM}/`]),
  value.map((text) => ['HGET', `${DATA_URI}half-${text}`, `${CAM}/`]),
  fc.constantFrom(['DELETE', `${CAM}/Ext/k`], ['DELETE', `${DCMO}/new/`], ['DELETE', `${CAM}/Fixed`]),
  fc.constant(['EXEC', 'urn:oma:mo:oma-fumo:1.0/FUMO/Update']),
);

const reads = fc.array(read, { maxLength: 3 });

const round: fc.Arbitrary<Round> = fc.record({
  changes: fc.oneof(fc.constant([]), fc.array(change, { maxLength: 2 })),
  reports: fc.constantFrom(
    'pending' as const,
    'pending' as const,
    'pending' as const,
    'pending' as const,
    'nothing' as const,
    'unknown' as const,
  ),
  lists: fc.array(fc.record({ before: reads, write: fc.option(write, { nil: undefined, freq: 2 }), after: reads }), {
    minLength: 1,
    maxLength: 2,
  }),
  ending: fc.constantFrom(
    'done' as const,
    'done' as const,
    'done' as const,
    'done' as const,
    'diesBefore' as const,
    'diesAfter' as const,
  ),
  message: fc.integer({ min: 2, max: 4 }),
  isKilled: fc.boolean(),
  event: fc.option(change, { nil: undefined, freq: 5 }),
});

const scenario: fc.Arbitrary<Scenario> = fc.record({
  rounds: fc.array(round, { minLength: 2, maxLength: 8 }),
  lists: fc.constantFrom<Scenario['lists'][]>(['Struct', 'StructData'], ['Struct', 'StructData'], ['Struct'], []),
  atomic: fc.boolean(),
  sequence: fc.constantFrom('supported', 'supported', 'refused'),
  store: fc.constantFrom('memory', 'sqlite'),
  counts: fc.constantFrom('any', 'done'),
});

/** The same scenarios in every run; `SEED=n` plays others. */
const SEED = Number(process.env.SEED ?? 2);

const DONE = { changes: [], ending: 'done', message: 2, isKilled: false, event: undefined } as const;

/** A read that has to search the device first stands before a write that is ready: the write must not overtake it. */
const READ_BEHIND_A_SEARCH: Scenario = {
  rounds: [
    { ...DONE, reports: 'pending', lists: [{ before: [], write: ['DELETE', `${CAM}/Ext/k`], after: [] }] },
    { ...DONE, reports: 'unknown', lists: [{ before: [], write: undefined, after: [] }] },
    {
      ...DONE,
      reports: 'pending',
      lists: [{ before: [], write: ['HGET', `${DATA_URI}cam-b`, `${CAM}/`], after: [] }],
    },
    {
      ...DONE,
      reports: 'pending',
      lists: [
        {
          before: [
            {
              command: 'GET',
              address: { moid: DCMO, instance: '*', path: ['Ext', 'k'] },
              cv: 'none',
            },
          ],
          write: ['HGET', `${DATA_URI}cam-a`, `${CAM}/`],
          after: [],
        },
      ],
    },
  ],
  lists: [],
  atomic: false,
  sequence: 'supported',
  store: 'memory',
  counts: 'any',
};

/** Plays that many scenarios and adds up their tallies. */
export async function playScenarios(numRuns: number): Promise<Tally> {
  const sum = { compared: 0, unmodified: 0, hits: 0 };
  const property = fc.asyncProperty(scenario, async (played) => {
    const { compared, unmodified, hits } = await playScenario(played);
    sum.compared += compared;
    sum.unmodified += unmodified;
    sum.hits += hits;
  });
  await fc.assert(property, { numRuns, seed: SEED, examples: [[READ_BEHIND_A_SEARCH]] });
  return sum;
}

/** The answers compared with the truth, those of them with 304, and the reads that the cache answered. */
export interface Tally {
  readonly compared: number;
  readonly unmodified: number;
  readonly hits: number;
}

async function playScenario(played: Scenario): Promise<Tally> {
  const { lists: list, atomic, sequence, store } = played;
  const sessions = await SimulatedSessions.open({
    tree: TREE,
    handlers: HANDLERS,
    store,
    profile: { list, atomic, sequence },
  });
  for (const text of ['a', 'b', 'c']) {
    const members = (more: object) =>
      JSON.stringify([{ ClientURI: `${CAM}/`, MOData: { cam: { Property: text, ...more } } }]);
    sessions.documents.set(`text-${text}`, { type: 'text/plain', text });
    sessions.documents.set(`cam-${text}`, { type: 'application/dmmo+json', text: members({ Ext: { k: text } }) });
    sessions.documents.set(`half-${text}`, { type: 'application/dmmo+json', text: members({ Fixed: text }) });
  }
  const player = new Player(sessions, played.counts);
  // A read over several messages is of one moment only while nothing changes in between.
  const isWhole = list.includes('StructData');
  for (const each of played.rounds) await player.play(isWhole ? each : { ...each, event: undefined });
  return player.tally;
}

/** The range of tree states of which an answer may be. */
interface Window {
  from: number;
  to: number;
}

/** The trees in one of which an answer must be true, and those of all its list. */
interface Moments {
  readonly trees: readonly Plain[];
  readonly ofList: readonly Plain[];
}

/**
 * True when a wildcard over instances has a possible answer. It is no snapshot: the instances are found at one moment of the
 * list, and each is read at another. So every member must be true in one of the trees, and the set of members in one of the
 * list's trees.
 */
function isPossible(address: Address, answer: CommandAnswer, { trees, ofList }: Moments): boolean {
  if (address.instance !== '*' || answer.status !== 200 || !Array.isArray(answer.data)) return false;
  const got = readable(answer).data as Readonly<Record<string, unknown>>;
  const truths = trees.map((tree) => (truthOf(tree, address).data ?? {}) as Readonly<Record<string, unknown>>);
  const names = (data: unknown) => canonical(Object.keys(data ?? {}).sort());
  const isTrue = Object.entries(got).every(([uri, content]) =>
    truths.some((truth) => canonical(truth[uri]) === canonical(content)),
  );
  return isTrue && ofList.some((tree) => names(truthOf(tree, address).data) === names(got));
}

class Player {
  readonly tally = { compared: 0, unmodified: 0, hits: 0 };
  readonly #sessions: SimulatedSessions;
  readonly #counts: Scenario['counts'];
  readonly #tree: DeviceTree;
  /** Every state of the tree, in order, and its cause. */
  readonly #states: { readonly tree: Plain; readonly by: 'server' | 'device' }[] = [];
  /** Changes that the device has not reported yet. */
  #pending: Change[] = [];
  /** Content by CV, and the last CV by instance. */
  readonly #contents = new Map<string, string>();
  readonly #lastCv = new Map<string, string>();
  #ticks = 0;

  constructor(sessions: SimulatedSessions, counts: Scenario['counts']) {
    this.#sessions = sessions;
    this.#tree = sessions.device.tree;
    this.#counts = counts;
    this.#record('device');
  }

  /** Changes the device, then plays a session. */
  async play(round: Round): Promise<void> {
    for (const each of round.changes) if (this.#change(each)) this.#pending.push(each);
    this.#silently('./Vendor/box/Name', this.#tick());
    this.#record('device');
    const windows: Window[] = [];
    const lists = round.lists.map(({ before, write, after }) => [
      ...before.map((each) => this.#wire(each)),
      ...[write].filter((each) => each !== undefined),
      ...after.map((each) => this.#wire(each)),
    ]);
    const plan = this.#plan(round, lists, windows);
    const report = await this.#sessions.session(plan);
    this.#record('server');
    if (round.ending === 'done') expect(report.end).toBe('done');
    if (this.#counts === 'any' || report.end === 'done') this.#pending = [];
    this.tally.hits += (report.cache as readonly { readonly hits: number }[]).reduce((sum, { hits }) => sum + hits, 0);
    this.#judge(round, lists, windows, report);
  }

  #plan(round: Round, lists: readonly (readonly Wire[])[], windows: Window[]): SessionPlan {
    const { ending, message, isKilled, event } = round;
    const alert =
      event &&
      `<Alert><CmdID>99</CmdID><Data>1226</Data><Item><Source><LocURI>./${event.place.join('/')}</LocURI></Source><Meta><Format xmlns="syncml:metinf">chr</Format><Type xmlns="syncml:metinf">x</Type></Meta><Data>x</Data></Item></Alert>`;
    const plan: SessionPlan = {
      lists,
      treeChange: this.#treeChange(round),
      extra: alert === undefined ? {} : { [message]: alert },
      onList: (what, at) => {
        const now = this.#states.length - 1;
        if (what === 'sent') windows[at] = { from: now, to: Number.POSITIVE_INFINITY };
        else windows[at] = { from: windows[at]?.from ?? now, to: now };
      },
      before: (count) => {
        this.#record('server');
        this.#silently('./DiagMon/mem/DiagMonData/Free', this.#tick());
        if (count === message && event !== undefined) this.#change(event);
        this.#record('device');
        if (count === message && isKilled) this.#sessions.bridge.kill();
      },
    };
    return ending === 'done' ? plan : { ...plan, [ending]: message };
  }

  #treeChange({ reports }: Round): SessionPlan['treeChange'] {
    if (reports === 'nothing') return undefined;
    return reports === 'unknown' ? ['urn:something'] : this.#pendingChanges();
  }

  #pendingChanges(): SessionPlan['treeChange'] {
    if (this.#pending.length === 0) return 'unchanged';
    return this.#pending.map(({ place, named }) => {
      if (named === 'tree') return '.';
      const depthOfMo = place[0] === 'DCMO' ? 2 : 1;
      return `./${place.slice(0, named === 'node' ? place.length : depthOfMo).join('/')}`;
    });
  }

  #wire({ command, address, cv }: Read): Wire {
    const known = cv === 'last' ? this.#lastCv.get(`${address.moid}/${address.instance}`) : undefined;
    const sent = cv === 'wrong' ? 'AAAAAAAAAAAAAAAA' : known;
    const uri = sent === undefined ? clientUri(address) : `${clientUri(address)}?cv=${sent}`;
    return command === 'GET' ? ['GET', uri] : ['HPUT', `${DATA_URI}${this.#tick()}`, uri];
  }

  #record(by: 'server' | 'device'): void {
    const tree = plain(this.#tree.find([]));
    if (canonical(tree) !== canonical(this.#states.at(-1)?.tree)) this.#states.push({ tree, by });
  }

  #tick(): string {
    this.#ticks += 1;
    return String(this.#ticks);
  }

  #silently(locUri: string, text: string): void {
    this.#tree.setValue(locUri, text);
  }

  /** Returns true when the tree has changed. */
  #change({ kind, place, value: text }: Change): boolean {
    const parent = this.#tree.find(place.slice(0, -1))?.children;
    const name = place.at(-1) ?? '';
    const node = parent?.get(name);
    if (kind === 'set' && node !== undefined && node.value !== text) {
      node.value = text;
      return true;
    }
    if (kind.startsWith('remove')) return parent?.delete(name) ?? false;
    if (!kind.startsWith('add') || node !== undefined || parent === undefined) return false;
    const model = this.#tree.find(kind === 'add' ? ['DevDetail', 'OEM'] : ['DCMO', 'usb']);
    if (model !== undefined) parent.set(name, copyOf(model, name, text));
    return true;
  }

  #judge(
    { lists }: Round,
    wires: readonly (readonly Wire[])[],
    windows: readonly Window[],
    report: SessionReport,
  ): void {
    report.answers.forEach((answers, at) => {
      const { before = [], write, after = [] } = lists[at] ?? {};
      const all: (Read | undefined)[] = [...before];
      if (write !== undefined) all.push(undefined);
      all.push(...after);
      const { from, to } = windows[at] ?? { from: 0, to: 0 };
      all.forEach((each, index) => {
        const answer = answers[index];
        if (each === undefined || answer === undefined) return;
        const [first, last] = this.#momentOf(each, answer, { from, to }, index < before.length);
        const wire = wires[at]?.[index] ?? [];
        const data = each.command === 'HPUT' && answer.status === 200 ? report.putTo.get(wire[1] ?? '') : answer.data;
        const trees = this.#states.slice(first, last + 1).map(({ tree }) => tree);
        const compared = data === undefined ? answer : { ...answer, data };
        const ofList = this.#states.slice(from, to + 1).map(({ tree }) => tree);
        this.#compare(each, compared, { trees, ofList }, wire);
      });
    });
  }

  /** Between which states an answer may be: not beyond what the write of its list has changed of what it reads. */
  #momentOf(
    { address }: Read,
    { status }: CommandAnswer,
    { from, to }: Window,
    isBefore: boolean,
  ): readonly [number, number] {
    const truths = this.#states.slice(from, to + 1).map(({ tree }) => {
      // 304 speaks of the whole instance, data of the nodes that are read: what does not touch them may come behind.
      const whole = status === 304 ? instanceIn(tree, address.moid, nameOf(address)) : undefined;
      return canonical([truthOf(tree, address), whole]);
    });
    const changed = truths.flatMap((truth, at) => {
      return at > 0 && this.#states[from + at]?.by === 'server' && truth !== truths[at - 1] ? [from + at] : [];
    });
    const [firstChange = to + 1] = changed;
    return isBefore ? [from, firstChange - 1] : [changed.at(-1) ?? from, to];
  }

  /** The answer is true in one of these states. */
  #compare({ address }: Read, answer: CommandAnswer, { trees, ofList }: Moments, wire: Wire): void {
    this.tally.compared += 1;
    if (answer.status === 304) {
      this.tally.unmodified += 1;
      const cv = /cv=(.*)$/u.exec(wire.at(-1) ?? '')?.[1] ?? '';
      const contents = trees.map((tree) => canonical(instanceIn(tree, address.moid, nameOf(address))));
      expect(contents, `304 to ${wire.join(' ')}`).toContain(this.#contents.get(cv));
      return;
    }
    // A wildcard that meets nothing: 204 below a node that is there.
    const status = answer.status === 204 ? 404 : answer.status;
    const got = canonical(readable({ ...answer, status }));
    const possible = trees.map((tree) => canonical(truthOf(tree, address)));
    if (!isPossible(address, answer, { trees, ofList })) expect(possible, wire.join(' ')).toContain(got);
    if (Array.isArray(answer.data)) for (const member of answer.data) this.#learnCv(address, member);
  }

  #learnCv(
    { moid, instance }: Address,
    member: { readonly CV?: string; readonly ClientURI: string; readonly MOData: Plain },
  ): void {
    const { CV, MOData } = member;
    if (CV === undefined) return;
    const [name = '', content] = Object.entries(MOData)[0] ?? [];
    const text = canonical(content);
    expect(this.#contents.get(CV) ?? text, 'two contents with one CV').toBe(text);
    this.#contents.set(CV, text);
    this.#lastCv.set(`${moid}/${instance === '' ? '' : name}`, CV);
  }
}

function nameOf({ moid, instance }: Address): string {
  if (instance !== '') return instance;
  return moid === DEVDETAIL ? 'DevDetail' : 'DevInfo';
}

function copyOf(node: TreeNode, name: string, text: string): TreeNode {
  const { children } = node;
  return {
    ...node,
    name,
    value: children === undefined ? text : undefined,
    children: children && new Map([...children].map(([key, child]) => [key, copyOf(child, key, child.value ?? '')])),
  };
}
