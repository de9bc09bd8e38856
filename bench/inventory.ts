/**
 * Measures the effect of the MO cache.
 *
 * A second inventory session of a device that sends Alert 1227 is compared with its first, by bytes and messages. A wildcard
 * over 5 000 nodes from the cache is compared with reading them from the device, by the time of the bridge. The bridge is
 * real, the device is simulated, and there is no network.
 */
import { performance } from 'node:perf_hooks';
import { DM2_STATUS } from '../src/dm2/status-codes.ts';
import {
  type SessionReport,
  SimulatedSessions,
  type SimulatedSessionsOptions,
  type Wire,
} from '../test/bridge/simulated-sessions.ts';
import { type BenchRow, median } from './row.ts';

const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
const FUMO = 'urn:oma:mo:oma-fumo:1.0';
const CAPABILITIES = ['camera', 'usb', 'wifi', 'bluetooth', 'infrared', 'nfc', 'gps', 'microphone'];
const PACKAGES = 1_000;
const SMOKE_PACKAGES = 50;

/** The commands with which an operator takes the inventory of a device. */
const INVENTORY: readonly Wire[] = [
  ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//'],
  ['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//'],
  ['GET', `${DCMO}/*`],
  ['GET', `${FUMO}/*`],
  ['GET', `${SCOMO}//Inventory/Deployed`],
  ['GET', `${SCOMO}/*`],
];
const WILDCARD: Wire = ['GET', `${SCOMO}//Inventory/Deployed/*/ID`];
const UNCHANGED = { treeChange: 'unchanged' } as const;

/** @param smoke one round only, to see that the bench works */
export async function benchInventory(smoke: boolean): Promise<readonly BenchRow[]> {
  return [
    ...(await benchSecondSession()),
    await (smoke ? benchWildcard(1, SMOKE_PACKAGES) : benchWildcard(9, PACKAGES)),
  ];
}

async function benchSecondSession(): Promise<readonly BenchRow[]> {
  const sessions = await SimulatedSessions.open({ tree: treeWith(20) });
  const first = await inventory(sessions);
  const second = await inventory(sessions, true);
  if (JSON.stringify(second.answers) !== JSON.stringify(first.answers))
    throw new Error('the results from the cache differ from those of the device');
  const whole = (report: SessionReport) => report.bytesToDevice + report.bytesFromDevice;
  return [
    {
      name: 'second inventory session with 1227, bytes to the device',
      figure: `${second.bytesToDevice} of ${first.bytesToDevice} bytes; both ways ${whole(second)} of ${whole(first)}`,
      value: second.bytesToDevice / first.bytesToDevice,
      must: 0.25,
      stretch: 0.15,
    },
    {
      name: 'the same, round trips',
      figure: `${second.messages} of ${first.messages} messages`,
      value: second.messages / first.messages,
      must: 0.5,
      stretch: 0.34,
    },
  ];
}

/** The time of the bridge for a session with the wildcard: from the cache, divided by reading from the device. */
async function benchWildcard(rounds: number, packages: number): Promise<BenchRow> {
  const sessions = await SimulatedSessions.open({ tree: treeWith(packages) });
  const clock = bridgeClock(sessions);
  await sessions.run([['GET', `${SCOMO}/*`]]);
  const cached: number[] = [];
  const read: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    cached.push(await clock(() => wildcard(sessions, packages, true)));
    // Without Alert 1227 no entry is current. The whole instance is read again for the next round.
    read.push(await clock(() => wildcard(sessions, packages, false)));
    await sessions.run([['GET', `${SCOMO}/*`]]);
  }
  const [cachedMs, readMs] = [median(cached), median(read)];
  return {
    name: `wildcard over ${packages * 5} nodes from the cache, over reading`,
    figure: `${cachedMs.toFixed(1)} ms of ${readMs.toFixed(1)} ms in the bridge`,
    value: cachedMs / readMs,
    must: 0.5,
    stretch: 0.25,
  };
}

async function inventory(sessions: SimulatedSessions, isQuiet = false): Promise<SessionReport> {
  const report = await sessions.run(INVENTORY, isQuiet ? UNCHANGED : {});
  if (report.first.some(({ status }) => status !== DM2_STATUS.ok)) throw new Error('the inventory is not complete');
  return report;
}

async function wildcard(sessions: SimulatedSessions, packages: number, isQuiet: boolean): Promise<void> {
  const { first, asked } = await sessions.run([WILDCARD], isQuiet ? UNCHANGED : {});
  const [{ data } = { data: [] }] = first;
  if (!Array.isArray(data) || data.length !== packages) throw new Error('the wildcard does not find all packages');
  if (isQuiet && asked.length > 0) throw new Error('the bridge did not use the cache');
}

/** Returns a clock: the milliseconds that the bridge works while `run` runs. */
function bridgeClock({ bridge }: SimulatedSessions): (run: () => Promise<void>) => Promise<number> {
  let spent = 0;
  const post = bridge.post.bind(bridge);
  bridge.post = async (...message) => {
    const start = performance.now();
    const got = await post(...message);
    spent += performance.now() - start;
    return got;
  };
  return async (run) => {
    spent = 0;
    await run();
    return spent;
  };
}

/** The tree of a device with a number of software packages, which have five nodes each. */
function treeWith(packages: number): SimulatedSessionsOptions['tree'] {
  const capability = (name: string) => ({ $type: DCMO, Property: name, Enabled: true, Ext: {} });
  const software = (at: number) => ({ ID: `com.example.${at}`, Name: `Package ${at}`, Version: '1.0', State: 30 });
  const named = <T>(names: readonly string[], make: (name: string, at: number) => T) =>
    Object.fromEntries(names.map((name, at) => [name, make(name, at)]));
  return {
    DevInfo: { DevId: 'IMEI:1', Man: 'Device Factory, Inc.', Mod: 'SmartPhone2000', DmV: '1.2', Lang: 'en-US' },
    DevDetail: { DevTyp: 'Phone', OEM: 'Factory', FwV: '4.0.4', SwV: '1.2', HwV: '3', LrgObj: true, Ext: {} },
    DCMO: named(CAPABILITIES, capability),
    FUMO: { $type: FUMO, PkgName: 'update', PkgVersion: '2', State: 10 },
    SCM: {
      $type: SCOMO,
      Inventory: {
        Delivered: {},
        Deployed: named(
          Array.from({ length: packages }, (_, at) => `p${at}`),
          (_, at) => software(at),
        ),
      },
      Download: {},
    },
  };
}

if (import.meta.main) console.log(await benchInventory(process.argv.includes('--smoke')));
