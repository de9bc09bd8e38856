/**
 * `dmbridge demo`: bridge, reference backend and simulated legacy devices on this machine, and their conversation.
 *
 * The devices speak SyncML over HTTP to a bridge that was started as `serve` starts it, and the backend runs the campaign in
 * `examples/campaign/`. The devices are on the left, DM 2.0 is indented to the right.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Campaign, PlannedSession } from '../testbed/backend/campaign.ts';
import { matchesGlob } from '../testbed/backend/matcher.ts';
import { deviceLine, type Paint, paintFor } from '../testbed/conversation.ts';
import { buildDevice, type DeviceData } from '../testbed/device/fleet.ts';
import { httpWorld } from '../testbed/device/http-world.ts';
import { listenForPushes } from '../testbed/device/push-listener.ts';
import { runSession } from '../testbed/device/session.ts';
import { EXIT, parseArguments, print, untilSignal } from './command-line.ts';
import { type DemoSetup, startDemo } from './demo-setup.ts';
import { type DeviceResult, printResults } from './demo-table.ts';

/** Bounds the sessions of `--once`, which takes at most 30 s with start and end. */
const ONCE_SESSIONS_MS = 25_000;

/** Runs the demonstration. With `--once` it ends after the sessions, else at SIGINT or SIGTERM. */
export async function runDemo(args: readonly string[]): Promise<number> {
  const { values } = parseArguments({ args: [...args], options: { once: { type: 'boolean', default: false } } });
  const paint = paintFor(process.stdout);
  const folder = await mkdtemp(join(tmpdir(), 'dmbridge-demo-'));
  try {
    const setup = await startDemo(folder, paint);
    try {
      const results = await runDevices(setup, paint, values.once ? ONCE_SESSIONS_MS : undefined);
      const isGood = printResults(setup, results, paint);
      if (values.once) return isGood ? EXIT.done : EXIT.failed;
      const { bridge, backend } = setup;
      print(`\nStill serving; end with Ctrl-C.\n  devices  ${bridge.south}\n  north    ${bridge.north}`);
      print(`  admin    ${bridge.admin}\n  backend  ${backend.url}`);
      await untilSignal();
      return EXIT.done;
    } finally {
      await setup.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs all devices, one after the other, so that a reader can follow; stops waiting after `limit` milliseconds. */
async function runDevices(setup: DemoSetup, paint: Paint, limit: number | undefined): Promise<readonly DeviceResult[]> {
  const results: DeviceResult[] = [];
  const runAll = async (): Promise<void> => {
    for (const device of setup.devices) results.push(await runOneDevice(setup, device, paint));
  };
  if (limit === undefined) {
    await runAll();
    return results;
  }
  const waiting = new AbortController();
  await Promise.race([runAll(), sleep(limit, undefined, { signal: waiting.signal }).catch(() => {})]);
  waiting.abort();
  return results;
}

async function runOneDevice(setup: DemoSetup, data: DeviceData, paint: Paint): Promise<DeviceResult> {
  const device = buildDevice(setup.fleet, data, setup.bridge.south);
  print(`\n${'─'.repeat(8)} ${data.model}, ${data.devId} ${'─'.repeat(8)}`);
  const world = httpWorld((event) => print(deviceLine(event, data.model, paint)));
  const port = setup.pushPorts.get(data.devId);
  const listener = port === undefined ? undefined : await listenForPushes(device, world, { host: '127.0.0.1', port });
  let messages = 0;
  const problems: string[] = [];
  for (const { notification } of plannedSessions(setup.campaign, data.devId)) {
    const outcome = await (notification === undefined ? runSession(device, world) : listener?.nextSession());
    if (outcome === undefined) continue;
    messages += outcome.messages;
    problems.push(...outcome.faults);
    if (outcome.end !== 'done') problems.push(`session ${outcome.end}: ${outcome.reason ?? ''}`);
  }
  await listener?.close();
  problems.push(...device.pendingAlerts().map(({ alert }) => `alert never acknowledged: ${alert.type}`));
  return { data, messages, problems };
}

/** The sessions of the rule for the device. */
function plannedSessions({ rules }: Campaign, devId: string): readonly PlannedSession[] {
  return rules.find(({ match }) => matchesGlob(match.devId ?? '*', devId))?.sessions ?? [];
}
