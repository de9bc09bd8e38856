/**
 * `dmbridge demo`: bridge, reference backend and simulated legacy devices on this machine, and the conversation as it happens.
 *
 * Nothing is staged: the devices speak SyncML over HTTP to a bridge that was started as `serve` starts it, and the backend
 * runs the campaign in `examples/campaign/`. Device on the left, DM 2.0 indented to the right.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { loadConfig } from '../config/load.ts';
import { createJournal } from '../log.ts';
import { type Campaign, loadCampaign } from '../testbed/backend/campaign.ts';
import type { Progress } from '../testbed/backend/device-run.ts';
import { type RunningBackend, startBackend } from '../testbed/backend/server.ts';
import { backendLines, deviceLine, type Paint } from '../testbed/conversation.ts';
import type { SimulatedDevice } from '../testbed/device/device.ts';
import { buildDevice, type DeviceData, expandFleet, type Fleet, loadFleet } from '../testbed/device/fleet.ts';
import { runSession } from '../testbed/device/session.ts';
import { EXIT, print, UsageError } from './command-line.ts';
import { httpWorld, paintFor } from './device.ts';
import { composeBridge } from './server/compose-bridge.ts';
import { type RunningServer, startServer } from './server/start-server.ts';

/** With `--once` the contract gives 30 s, start and end included. */
const ONCE_LIMIT = 25_000;

interface Scene {
  readonly fleet: Fleet;
  readonly campaign: Campaign;
  readonly devices: readonly DeviceData[];
  readonly backend: RunningBackend;
  readonly bridge: RunningServer;
}

/** What one device did, for the table. */
interface Result {
  readonly data: DeviceData;
  readonly messages: number;
  readonly problems: readonly string[];
}

/** Runs the demonstration; with `--once` it ends by itself, else on SIGINT or SIGTERM. */
export async function runDemo(args: readonly string[]): Promise<number> {
  const once = parseDemoArguments(args);
  const paint = paintFor(process.stdout);
  const folder = await mkdtemp(join(tmpdir(), 'dmbridge-demo-'));
  const stops: (() => Promise<void>)[] = [];
  try {
    const scene = await openScene(folder, paint, (stop) => stops.unshift(stop));
    const code = await play(scene, paint, once ? ONCE_LIMIT : Number.POSITIVE_INFINITY);
    if (once) return code;
    print(`\nStill serving; end with Ctrl-C.\n  devices  ${scene.bridge.south}\n  north    ${scene.bridge.north}`);
    print(`  admin    ${scene.bridge.admin}\n  backend  ${scene.backend.url}`);
    await untilSignal();
    return EXIT.done;
  } finally {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function parseDemoArguments(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { once: { type: 'boolean', default: false } } }).values.once;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Starts backend and bridge; each registers how it is stopped. */
async function openScene(folder: string, paint: Paint, onStop: (stop: () => Promise<void>) => void): Promise<Scene> {
  const fleet = loadFleet(exampleFile('fleet.yaml'));
  const campaign = loadCampaign(exampleFile('demo.yaml'));
  const devices = expandFleet(fleet);
  const backend = await startBackend({
    campaign,
    host: '127.0.0.1',
    port: 0,
    onEvent: (event) => backendLines(event, nameIn(devices), paint).forEach(print),
  });
  onStop(() => backend.close());
  const file = await writeConfig(folder, campaign, devices, fleet.serverId, backend.url);
  const bridge = await startServer(loadConfig(file, {}), createJournal({ level: 'error' }), composeBridge);
  onStop(() => bridge.stop());
  return { fleet, campaign, devices, backend, bridge };
}

async function writeConfig(
  folder: string,
  campaign: Campaign,
  devices: readonly DeviceData[],
  serverId: string,
  backendUrl: string,
): Promise<string> {
  const columns = ['devId', 'user', 'password', 'serverUser', 'serverPassword'] as const;
  const rows = devices.map((device) => columns.map((column) => device[column] ?? '').join(','));
  await writeFile(join(folder, 'devices.csv'), `${columns.join(',')}\n${rows.join('\n')}\n`);
  const config = {
    south: { listen: '127.0.0.1:0', serverId },
    north: { listen: '127.0.0.1:0' },
    admin: { listen: '127.0.0.1:0' },
    accounts: {
      main: {
        url: `${backendUrl}${campaign.paths[0] ?? ''}`,
        serverId: 'DMS1',
        auth: campaign.auth === undefined ? { type: 'none' } : { type: 'basic', ...campaign.auth },
      },
    },
    routes: [{ match: {}, bridge: 'main' }],
    devices: 'devices.csv',
    store: 'sqlite:demo.db',
  };
  const file = join(folder, 'dmbridge.yaml');
  await writeFile(file, stringify(config));
  return file;
}

/** Every device, one after the other, so that the conversations can be read. */
async function play(scene: Scene, paint: Paint, limit: number): Promise<number> {
  const results: Result[] = [];
  const everyone = (async () => {
    for (const data of scene.devices) results.push(await playDevice(scene, data, paint));
  })();
  const timer = new AbortController();
  const inTime = Number.isFinite(limit) ? sleep(limit, undefined, { signal: timer.signal }).catch(() => {}) : undefined;
  await (inTime === undefined ? everyone : Promise.race([everyone, inTime]));
  timer.abort();
  return summarise(scene, results, paint);
}

async function playDevice(scene: Scene, data: DeviceData, paint: Paint): Promise<Result> {
  const device = buildDevice(scene.fleet, data, scene.bridge.south);
  print(`\n${'─'.repeat(8)} ${data.model}, ${data.devId} ${'─'.repeat(8)}`);
  const world = httpWorld((event) => print(deviceLine(event, data.model, paint)));
  let messages = 0;
  const problems: string[] = [];
  for (const _session of plannedSessions(scene.campaign)) {
    const outcome = await runSession(device, world);
    messages += outcome.messages;
    problems.push(...outcome.faults);
    if (outcome.end !== 'done') problems.push(`session ${outcome.end}: ${outcome.reason ?? ''}`);
  }
  return { data, messages, problems: [...problems, ...untold(device)] };
}

/** As many sessions as the longest rule has. */
function plannedSessions(campaign: Campaign): readonly number[] {
  const longest = Math.max(1, ...campaign.rules.map((rule) => rule.sessions.length));
  return Array.from({ length: longest }, (_, index) => index);
}

function untold(device: SimulatedDevice): readonly string[] {
  return device.pendingAlerts().map(({ alert }) => `alert never acknowledged: ${alert.type}`);
}

/** Prints the table; 0 only when every device did what the campaign asked and nobody broke a rule. */
function summarise(scene: Scene, results: readonly Result[], paint: Paint): number {
  const progress = new Map(scene.backend.progress().map((each) => [each.devId, each]));
  print(`\n${'device'.padEnd(14)}${'sessions'.padEnd(10)}${'SyncML'.padEnd(8)}${'commands'.padEnd(10)}campaign`);
  let good = true;
  for (const data of scene.devices) {
    const result = results.find((each) => each.data === data);
    const seen = progress.get(data.devId);
    const problems = [
      ...(result?.problems ?? ['not finished in time']),
      ...(seen?.reasons ?? ['never reached the backend']),
    ];
    const done = problems.length === 0 && seen?.state === 'done';
    good &&= done;
    print(tableRow(data, result, seen, done, paint));
    for (const problem of problems) print(`              ${paint('fault', problem)}`);
  }
  const faults = [...scene.backend.faults, ...scene.backend.repository.faults];
  for (const fault of faults) print(paint('fault', `backend: ${fault}`));
  return good && faults.length === 0 ? EXIT.done : EXIT.failed;
}

function tableRow(
  data: DeviceData,
  result: Result | undefined,
  seen: Progress | undefined,
  done: boolean,
  paint: Paint,
): string {
  const cells = [
    data.model.padEnd(14),
    String(seen?.sessions ?? 0).padEnd(10),
    String(result?.messages ?? 0).padEnd(8),
    String(seen?.commands ?? 0).padEnd(10),
  ];
  return `${cells.join('')}${done ? paint('good', 'done') : paint('fault', seen?.state ?? 'waiting')}`;
}

function nameIn(devices: readonly DeviceData[]): (devId: string) => string {
  return (devId) => devices.find((device) => device.devId === devId)?.model ?? devId;
}

function exampleFile(name: string): string {
  return fileURLToPath(new URL(`../../examples/campaign/${name}`, import.meta.url));
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
