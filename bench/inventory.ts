/**
 * What the MO cache saves: a second inventory session of a device that says 1227, over its first; and a wildcard over 5 000
 * nodes that a copy answers, over reading them every time. Real bridge, simulated device, no network: what is counted is
 * bytes and messages, and for the wildcard the time that the bridge takes.
 */
import { performance } from 'node:perf_hooks';
import { CachedDevice, type SessionReport, type StageOptions, type Wire } from '../test/bridge/cached-device.ts';
import { type BenchRow, median } from './row.ts';

const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
const FUMO = 'urn:oma:mo:oma-fumo:1.0';
const CAPABILITIES = ['camera', 'usb', 'wifi', 'bluetooth', 'infrared', 'nfc', 'gps', 'microphone'];
const PACKAGES = 1_000;

/** What an operator asks of every device at first. */
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

/** @param smoke one round only, to see that it runs */
export async function benchInventory(smoke: boolean): Promise<readonly BenchRow[]> {
  return [...(await benchSecondSession()), await benchWildcard(smoke ? 1 : 9)];
}

async function benchSecondSession(): Promise<readonly BenchRow[]> {
  const stage = await CachedDevice.open({ tree: treeWith(20) });
  const first = await inventory(stage);
  const second = await inventory(stage, true);
  if (JSON.stringify(second.told) !== JSON.stringify(first.told)) throw new Error('the copies tell something else');
  const whole = (report: SessionReport) => report.bytesToDevice + report.bytesFromDevice;
  return [
    {
      name: 'second inventory session with 1227, bytes to the device',
      figure: `${second.bytesToDevice} of ${first.bytesToDevice} bytes; both ways ${whole(second)} of ${whole(first)}`,
      ratio: second.bytesToDevice / first.bytesToDevice,
      must: 0.25,
      stretch: 0.15,
      lessIsMore: true,
    },
    {
      name: 'the same, round trips',
      figure: `${second.messages} of ${first.messages} messages`,
      ratio: second.messages / first.messages,
      must: 0.5,
      stretch: 0.34,
      lessIsMore: true,
    },
  ];
}

/** The time the bridge takes for a session with the wildcard, copy over reading. */
async function benchWildcard(rounds: number): Promise<BenchRow> {
  const stage = await CachedDevice.open({ tree: treeWith(PACKAGES) });
  const clock = timed(stage);
  await stage.run([['GET', `${SCOMO}/*`]]);
  const fromCopy: number[] = [];
  const read: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    fromCopy.push(await clock(() => wildcard(stage, true)));
    // Without 1227 nothing is current; the whole instance is read again for the next round.
    read.push(await clock(() => wildcard(stage, false)));
    await stage.run([['GET', `${SCOMO}/*`]]);
  }
  const [copied, asked] = [median(fromCopy), median(read)];
  return {
    name: 'wildcard over 5 000 nodes from a copy, over reading',
    figure: `${copied.toFixed(1)} ms of ${asked.toFixed(1)} ms in the bridge`,
    ratio: copied / asked,
    must: 0.5,
    stretch: 0.25,
    lessIsMore: true,
  };
}

async function inventory(stage: CachedDevice, isQuiet = false): Promise<SessionReport> {
  const report = await stage.run(INVENTORY, isQuiet ? UNCHANGED : {});
  if (report.first.some(({ status }) => status !== 200)) throw new Error('the inventory is not complete');
  return report;
}

async function wildcard(stage: CachedDevice, isQuiet: boolean): Promise<void> {
  const { first, asked } = await stage.run([WILDCARD], isQuiet ? UNCHANGED : {});
  const [{ data } = { data: [] }] = first;
  if (!Array.isArray(data) || data.length !== PACKAGES) throw new Error('the wildcard does not find all packages');
  if (isQuiet && asked.length > 0) throw new Error('the copy did not answer');
}

/** Milliseconds that the bridge works while something runs. */
function timed({ scene }: CachedDevice): (run: () => Promise<void>) => Promise<number> {
  let spent = 0;
  const post = scene.post.bind(scene);
  scene.post = async (...message) => {
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

/** A phone with so many software packages, five nodes each. */
function treeWith(packages: number): StageOptions['tree'] {
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
