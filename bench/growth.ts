/**
 * Measures how the cost of a session grows with its size: CPU time per part in a large session over that in a small one, and
 * the longest block of the event loop in any of them.
 *
 * Each session runs in a process of its own, over HTTP, against the embedded store.
 */
import { MAX_STATUSES } from '../src/dm1/size-limits.ts';
import type { DeviceProfile } from '../src/testbed/device/profile.ts';
import type { Backend, Script } from './backend.ts';
import { devIdAt, type Measurement, PASSWORD, USER } from './measurement.ts';
import { type Messages, replay, simulate, type TreeData } from './recorded-session.ts';
import type { BenchRow } from './row.ts';
import { loopRow } from './sessions.ts';
import { TestedProcess } from './tested-process.ts';

const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
const WITHOUT_LISTS: Partial<DeviceProfile> = { list: [] };
/** A device with large messages. Its bodies stay below the size from which a sender is judged by the beginning of its body. */
const LARGE_MESSAGES: Partial<DeviceProfile> = { maxMsgSize: 1 << 20, maxOutgoing: 250_000 };
/** So many times the small session runs before it is measured, so that the code is compiled. */
const WARM_UP = 20;
const DEVICES = 64;
const SMOKE_SIZES = [10, 50] as const;

/** A session of a size. */
interface Case {
  /** The unit of its size. */
  readonly unit: string;
  readonly small: number;
  readonly large: number;
  /** The limit of the ratio; absent: the row informs. */
  readonly must?: number;
  readonly stretch?: number;
  readonly script: (size: number, backend: Backend) => Script;
  readonly tree: (size: number) => TreeData;
  readonly profile?: Partial<DeviceProfile>;
  readonly alerts?: (size: number) => number;
}

const CASES: Readonly<Record<string, Case>> = {
  'distinct GETs': {
    unit: 'command',
    small: 100,
    large: 5_000,
    must: 1.3,
    stretch: 1.1,
    script: (size) => [leaves(size).map((uri) => ['GET', uri])],
    tree: treeWith,
  },
  'nodes by single Gets, device without lists': {
    unit: 'node',
    small: 500,
    large: 10_000,
    must: 1.3,
    stretch: 1.1,
    script: () => [[['GET', `${SCOMO}//`]]],
    tree: treeWith,
    profile: WITHOUT_LISTS,
  },
  'alerts in one Package#1': {
    unit: 'alert',
    small: 10,
    large: 5_000,
    must: 1.3,
    stretch: 1.1,
    script: () => [],
    tree: () => treeWith(1),
    profile: LARGE_MESSAGES,
    alerts: (size) => size,
  },
  'commands for other nodes in one Package#2': {
    unit: 'command',
    small: 200,
    large: 10_000,
    must: 1.3,
    stretch: 1.1,
    script: (size) => [leaves(size).map((uri) => ['DELETE', uri])],
    tree: () => treeWith(1),
  },
  'documents for the device in one Package#2': {
    unit: 'command',
    small: 100,
    large: 1_000,
    script: (size, { dataUrl }) => [leaves(size).map((uri, at) => ['HGET', `${dataUrl}/${at}`, uri])],
    tree: treeWith,
  },
  'nodes in one listing': {
    unit: 'node',
    small: 500,
    large: 20_000,
    must: 1.3,
    stretch: 1.1,
    script: () => [[['GET', `${SCOMO}//`]]],
    tree: treeWith,
    profile: LARGE_MESSAGES,
  },
};

/** @param smoke small sizes, to see that the bench works: their ratios say nothing */
export async function benchGrowth(backend: Backend, smoke: boolean): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  const loops: { readonly name: string; readonly measured: Measurement }[] = [];
  for (const [name, which] of Object.entries(CASES)) {
    const [small, large] = smoke ? SMOKE_SIZES : [which.small, which.large];
    const measured = await measureCase(backend, { ...which, small, large }, smoke ? 1 : WARM_UP);
    loops.push({ name: `${large} ${name}`, measured: measured.large });
    rows.push(
      growthRow(`${name}, CPU per ${which.unit}, ${large} over ${small}`, { ...which, small, large }, measured),
    );
  }
  const worst = loops.reduce((one, other) => (other.measured.longestTurn > one.measured.longestTurn ? other : one));
  return [...rows, loopRow(`event loop blocked, worst: ${worst.name}, ms CPU`, worst.measured)];
}

function growthRow(
  name: string,
  { small, large, must, stretch }: Case,
  measured: { readonly small: number; readonly large: Measurement },
): BenchRow {
  const perPart = measured.large.cpu / large;
  const block = `longest block ${measured.large.longestTurn.toFixed(0)} ms CPU`;
  const row: BenchRow = {
    name,
    figure: `${perPart.toFixed(0)} against ${(measured.small / small).toFixed(0)} µs CPU; ${block}`,
    value: perPart / (measured.small / small),
  };
  return must === undefined || stretch === undefined ? row : { ...row, must, stretch };
}

/** Microseconds of the small session, each the mean of some; the large one runs once. */
async function measureCase(
  backend: Backend,
  which: Case,
  warmUp: number,
): Promise<{ readonly small: number; readonly large: Measurement }> {
  const tested = await TestedProcess.start({ mode: 'sqlite', backendUrl: backend.url, devices: DEVICES });
  let device = 0;
  const run = async (size: number): Promise<void> => {
    backend.play(which.script(size, backend));
    const { profile = {} } = which;
    await simulate(tested, {
      device,
      encoding: 'xml',
      sessionId: 'A000',
      tree: which.tree(size),
      profile,
      alerts: which.alerts?.(size) ?? 0,
    });
    device += 1;
  };
  try {
    for (let at = 0; at < warmUp; at += 1) await run(which.small);
    const repeats = Math.max(1, Math.min(warmUp, Math.round(2_000 / which.small)));
    const small = await tested.during(async () => {
      for (let at = 0; at < repeats; at += 1) await run(which.small);
    });
    return { small: small.cpu / repeats, large: await tested.during(() => run(which.large), true) };
  } finally {
    await tested.close();
  }
}

/**
 * The cost of Gets that a device sends, which are refused, in milliseconds per MB, and the same in a small message. The device
 * sends messages until it has all Statuses.
 */
export async function benchDeviceGets(backend: Backend, rounds: number): Promise<readonly BenchRow[]> {
  backend.play([]);
  const tested = await TestedProcess.start({ mode: 'sqlite', backendUrl: backend.url, devices: DEVICES });
  const perMegabyte = async (bytes: number): Promise<{ readonly ms: number; readonly measured: Measurement }> => {
    const messages = messagesWithGets(bytes);
    const measured = await tested.during(() => replay(tested, messages, 'xml'), true);
    return { ms: (measured.cpu / 1000 / bytes) * (1 << 20), measured };
  };
  try {
    let last = await perMegabyte(1_000_000);
    let least = last.ms;
    let small = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round += 1) {
      small = Math.min(small, (await perMegabyte(100_000)).ms);
      last = await perMegabyte(1_000_000);
      least = Math.min(least, last.ms);
    }
    return [
      {
        name: 'Gets in a message of a device, 1 MB, ms CPU per MB',
        figure: `in 0.1 MB: ${small.toFixed(0)} ms per MB; longest block ${last.measured.longestTurn.toFixed(0)} ms CPU`,
        value: least,
        must: 40,
        stretch: 20,
      },
    ];
  } finally {
    await tested.close();
  }
}

/** The cost of a Package#2 of 6 MB that is nothing but nested lists; it is refused. */
export async function benchDeepJson(backend: Backend): Promise<readonly BenchRow[]> {
  const depth = 3 << 20;
  const tested = await TestedProcess.start({ mode: 'sqlite', backendUrl: backend.url, devices: DEVICES });
  try {
    const session = { device: 0, encoding: 'xml', sessionId: 'A000', tree: treeWith(1) } as const;
    backend.play([]);
    await simulate(tested, session);
    backend.playText(`{"CMD":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    const measured = await tested.during(
      async () => void (await simulate(tested, { ...session, sessionId: 'A001' })),
      true,
    );
    return [loopRow('event loop blocked by a Package#2 of 6 MB of nested lists, ms CPU', measured)];
  } finally {
    await tested.close();
  }
}

let sessionCount = 0;

/** A Package#1 with as many Gets as these bytes have, and the messages with which the device gets their Statuses. */
function messagesWithGets(bytes: number): Messages {
  sessionCount += 1;
  const sessionId = (0xa000 + sessionCount).toString(16).toUpperCase();
  const cred = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
  const get = (at: number) =>
    `<Get><CmdID>${at + 2}</CmdID><Item><Target><LocURI>./Vendor/Node${at}/Value</LocURI></Target></Item></Get>`;
  const gets = Array.from({ length: Math.floor(bytes / get(5_000).length) }, (_, at) => get(at));
  const message = (msgId: number, commands: string) =>
    Buffer.from(
      '<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD>' +
        `<VerProto>DM/1.2</VerProto><SessionID>${sessionId}</SessionID><MsgID>${msgId}</MsgID><Target><LocURI>` +
        `http://127.0.0.1/dm</LocURI></Target><Source><LocURI>${devIdAt(0)}</LocURI></Source><Cred><Meta><Type ` +
        'xmlns="syncml:metinf">syncml:auth-basic</Type><Format xmlns="syncml:metinf">b64</Format></Meta>' +
        `<Data>${cred}</Data></Cred></SyncHdr><SyncBody>${commands}</SyncBody></SyncML>`,
    );
  const first = message(1, `<Alert><CmdID>1</CmdID><Data>1201</Data></Alert>${gets.join('')}`);
  const others = Math.floor(gets.length / MAX_STATUSES);
  const next = '<Alert><CmdID>1</CmdID><Data>1222</Data></Alert>';
  return [first, ...Array.from({ length: others }, (_, at) => message(at + 2, next))];
}

function leaves(size: number): readonly string[] {
  return Array.from({ length: size }, (_, at) => `${SCOMO}//Inventory/Deployed/p${at}/ID`);
}

/** A device with a number of software packages, which have one leaf each. */
function treeWith(packages: number): TreeData {
  const deployed = Object.fromEntries(Array.from({ length: packages }, (_, at) => [`p${at}`, { ID: `app ${at}` }]));
  return {
    DevInfo: { DevId: devIdAt(0), Man: 'Device Factory, Inc.', Mod: 'SmartPhone2000', DmV: '1.2', Lang: 'en-US' },
    DevDetail: { DevTyp: 'Phone', OEM: 'Factory', FwV: '4.0.4', SwV: '1.2', HwV: '3', LrgObj: true },
    SCM: { $type: SCOMO, Inventory: { Delivered: {}, Deployed: deployed }, Download: {} },
  };
}
