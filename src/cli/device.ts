/** `dmbridge device`: simulated legacy devices, which run their sessions against a DM Server. */

import { deviceLine, paintFor } from '../testbed/conversation.ts';
import type { SimulatedDevice } from '../testbed/device/device.ts';
import type { DeviceData, Fleet } from '../testbed/device/fleet.ts';
import { buildDevice, expandFleet, loadFleet } from '../testbed/device/fleet.ts';
import { httpWorld } from '../testbed/device/http-world.ts';
import { listenForPushes, type PushListener } from '../testbed/device/push-listener.ts';
import { runSession } from '../testbed/device/session.ts';
import type { DeviceWorld, SessionOutcome } from '../testbed/device/world.ts';
import { EXIT, parseArguments, parsePositive, print, UsageError, untilSignal } from './command-line.ts';

const HELP = `Usage: dmbridge device --server URL --config FILE [options]

Simulated legacy devices; each runs its sessions against the DM Server at URL.

  --server URL      where the devices POST
  --config FILE     the fleet (YAML: serverId, models, devices), such as examples/campaign/fleet.yaml
  --count N         the number of devices; the file is used again from its start when it has fewer;
                    {n} in DevID, user and password is the number of the device
  --sessions N      sessions per device, one after the other (default 1)
  --parallel N      devices at a time (default 8)
  --push PORT       the nth device waits for WAP pushes at the UDP port PORT + n - 1, also after its own sessions, until a signal;
                    a notification starts a session when the device knows its server (serverUser, serverPassword)
  --quiet           progress instead of the conversation
  --help

Exit codes: 0 every session ended well and the server made no fault; 1 otherwise; 2 usage.`;

/** Runs the devices of a fleet. */
export async function runDevice(args: readonly string[]): Promise<number> {
  const { values } = parseArguments({
    args: [...args],
    options: {
      server: { type: 'string' },
      config: { type: 'string' },
      count: { type: 'string' },
      sessions: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '8' },
      push: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return EXIT.done;
  }
  const { server, config, quiet } = values;
  if (server === undefined || config === undefined) throw new UsageError('--server and --config are required');
  const sessions = parsePositive('--sessions', values.sessions);
  const parallel = parsePositive('--parallel', values.parallel);
  const push = values.push === undefined ? undefined : parsePositive('--push', values.push);
  const count = values.count === undefined ? undefined : parsePositive('--count', values.count);
  const fleet = loadFleet(config);
  const devices = expandFleet(fleet, count);
  const outcomes: SessionOutcome[] = [];
  const listeners: PushListener[] = [];
  await inParallel(devices, parallel, async (data) => {
    const run = prepareRun({ fleet, data, server, quiet });
    const port = push === undefined ? undefined : push + devices.indexOf(data);
    if (port !== undefined) listeners.push(await listenForPushes(run.device, run.world, { host: '0.0.0.0', port }));
    outcomes.push(...(await runSessions(run, sessions)));
    if (quiet) process.stderr.write(`\r${outcomes.length} of ${devices.length * sessions} sessions`);
  });
  if (quiet) process.stderr.write('\n');
  if (push !== undefined) await untilSignal();
  await Promise.all(listeners.map((listener) => listener.close()));
  return summarize(outcomes);
}

interface RunSetup {
  readonly fleet: Fleet;
  readonly data: DeviceData;
  /** URL of the DM Server. */
  readonly server: string;
  readonly quiet: boolean;
}

interface DeviceRun {
  readonly device: SimulatedDevice;
  readonly world: DeviceWorld;
}

function prepareRun({ fleet, data, server, quiet }: RunSetup): DeviceRun {
  const paint = paintFor(process.stdout);
  const world = quiet ? httpWorld() : httpWorld((event) => print(deviceLine(event, data.devId, paint)));
  return { device: buildDevice(fleet, data, server), world };
}

async function runSessions({ device, world }: DeviceRun, count: number): Promise<readonly SessionOutcome[]> {
  const outcomes: SessionOutcome[] = [];
  for (let session = 0; session < count; session += 1) outcomes.push(await runSession(device, world));
  return outcomes;
}

/** Runs `work` for all items, at most `width` at a time. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function summarize(outcomes: readonly SessionOutcome[]): number {
  const bad = outcomes.filter(({ end, faults }) => end !== 'done' || faults.length > 0);
  print(`${outcomes.length} sessions, ${outcomes.length - bad.length} good, ${bad.length} bad`);
  return bad.length === 0 ? EXIT.done : EXIT.failed;
}
