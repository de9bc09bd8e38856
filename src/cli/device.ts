/**
 * `dmbridge device` and `dmbridge backend`: the two simulated parties from the command line.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CampaignError, loadCampaign } from '../testbed/backend/campaign.ts';
import { type RunningBackend, startBackend } from '../testbed/backend/server.ts';
import { backendLines, COLOURED, deviceLine, type Paint, PLAIN } from '../testbed/conversation.ts';
import type { DeviceWorld, SessionOutcome } from '../testbed/device/device.ts';
import {
  buildDevice,
  type DeviceData,
  expandFleet,
  type Fleet,
  FleetError,
  loadFleet,
} from '../testbed/device/fleet.ts';
import { runSession } from '../testbed/device/session.ts';
import { httpPost } from '../testbed/device/transport.ts';

/** The arguments cannot be used. */
class UsageError extends Error {}

const DONE = 0;
const FAILED = 1;
const USAGE = 2;

const DEVICE_HELP = `Usage: dmbridge device --server URL --config FILE [options]

Simulated legacy devices; each runs its sessions against the DM Server at URL.

  --server URL      where the devices POST
  --config FILE     the fleet (YAML: serverId, models, devices), such as examples/campaign/fleet.yaml
  --count N         so many devices, going round in the file; {n} in DevID, user, password counts them
  --sessions N      sessions per device, one after the other (default 1)
  --parallel N      devices at a time (default 8)
  --quiet           progress instead of the conversation
  --help

Exit codes: 0 every session ended well and the server made no fault; 1 otherwise; 2 usage.
`;

const BACKEND_HELP = `Usage: dmbridge backend --campaign FILE [options]

The reference DM 2.0 Server with a Data Repository; it runs a campaign over every device that calls.

  --campaign FILE   what to ask of whom (YAML), such as examples/campaign/demo.yaml
  --listen ADDRESS  host:port (default 127.0.0.1:9000)
  --count N         end when N devices are through
  --help

Exit codes: 0 every device did what the campaign asked; 1 otherwise; 2 usage.
`;

/** Runs simulated devices; returns the exit code. */
export async function runDevice(args: readonly string[]): Promise<number> {
  return guarded(async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        server: { type: 'string' },
        config: { type: 'string' },
        count: { type: 'string' },
        sessions: { type: 'string', default: '1' },
        parallel: { type: 'string', default: '8' },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return help(DEVICE_HELP);
    if (values.server === undefined || values.config === undefined)
      throw new UsageError('--server and --config are needed');
    const fleet = loadFleet(values.config);
    const devices = expandFleet(fleet, values.count === undefined ? undefined : positive('--count', values.count));
    const sessions = positive('--sessions', values.sessions);
    const outcomes: SessionOutcome[] = [];
    await inParallel(devices, positive('--parallel', values.parallel), async (data) => {
      outcomes.push(...(await runOne(fleet, data, values.server ?? '', sessions, values.quiet)));
      if (values.quiet) process.stderr.write(`\r${outcomes.length} of ${devices.length * sessions} sessions`);
    });
    if (values.quiet) process.stderr.write('\n');
    return report(outcomes);
  });
}

/** Runs the reference backend until its devices are through, or a signal; returns the exit code. */
export async function runBackend(args: readonly string[]): Promise<number> {
  return guarded(async () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        campaign: { type: 'string' },
        listen: { type: 'string', default: '127.0.0.1:9000' },
        count: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return help(BACKEND_HELP);
    if (values.campaign === undefined) throw new UsageError('--campaign is needed');
    const address = /^\[?([^\]]+)\]?:(\d+)$/u.exec(values.listen);
    if (address?.[1] === undefined) throw new UsageError(`--listen ${values.listen} is not host:port`);
    const count = values.count === undefined ? undefined : positive('--count', values.count);
    const backend = await startBackend({
      campaign: loadCampaign(values.campaign),
      host: address[1],
      port: Number(address[2]),
      onEvent: (event) => write(backendLines(event, (devId) => devId, paintFor(process.stdout))),
    });
    write([`backend ready ${backend.url}`]);
    await waitFor(backend, count);
    const code = backendCode(backend);
    await backend.close();
    return code;
  });
}

/** Colours on a terminal only. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  return stream.isTTY === true ? COLOURED : PLAIN;
}

/** The world of a device that talks HTTP. */
export function httpWorld(onEvent: DeviceWorld['onEvent']): DeviceWorld {
  return {
    post: httpPost,
    randomBytes: (count) => randomBytes(count),
    wait: (ms) => sleep(ms),
    ...(onEvent === undefined ? {} : { onEvent }),
  };
}

async function runOne(
  fleet: Fleet,
  data: DeviceData,
  server: string,
  sessions: number,
  quiet: boolean,
): Promise<readonly SessionOutcome[]> {
  const device = buildDevice(fleet, data, server);
  const paint = paintFor(process.stdout);
  const world = httpWorld(quiet ? undefined : (event) => write([deviceLine(event, data.devId, paint)]));
  const outcomes: SessionOutcome[] = [];
  for (let session = 0; session < sessions; session += 1) outcomes.push(await runSession(device, world));
  return outcomes;
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function report(outcomes: readonly SessionOutcome[]): number {
  const bad = outcomes.filter(({ end, faults }) => end !== 'done' || faults.length > 0);
  write([`${outcomes.length} sessions, ${outcomes.length - bad.length} good, ${bad.length} bad`]);
  return bad.length === 0 ? DONE : FAILED;
}

function backendCode(backend: RunningBackend): number {
  const progress = backend.progress();
  for (const { devId, state, reasons } of progress)
    write([`${devId}: ${state}`, ...reasons.map((text) => `  ${text}`)]);
  const faults = [...backend.faults, ...backend.repository.faults];
  write(faults.map((text) => `fault: ${text}`));
  const good = progress.length > 0 && progress.every(({ state }) => state === 'done') && faults.length === 0;
  return good ? DONE : FAILED;
}

async function waitFor(backend: RunningBackend, count: number | undefined): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  while (!stop.signal.aborted) {
    await sleep(100);
    const through = backend.progress().filter(({ state }) => state === 'done' || state === 'failed').length;
    if (count !== undefined && through >= count) break;
  }
  process.off('SIGINT', end);
  process.off('SIGTERM', end);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`${name} ${text} is no positive number`);
  return number;
}

function help(text: string): number {
  process.stdout.write(text);
  return DONE;
}

/** Usage and file errors are told in words and end with 2. */
async function guarded(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !isOperators(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return USAGE;
  }
}

/** Wrong arguments or files; anything else is a bug and stays an exception. */
function isOperators(error: Error): boolean {
  const isArgument = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  return isArgument || error instanceof UsageError || error instanceof CampaignError || error instanceof FleetError;
}

function write(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
