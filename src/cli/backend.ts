/** `dmbridge backend`: the reference DM 2.0 Server, which runs a campaign over the devices that call. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadCampaign } from '../testbed/backend/campaign.ts';
import { type RunningBackend, startBackend } from '../testbed/backend/server.ts';
import { backendLines, paintFor } from '../testbed/conversation.ts';
import { EXIT, parseArguments, parsePositive, print, UsageError } from './command-line.ts';

const HELP = `Usage: dmbridge backend --campaign FILE [options]

The reference DM 2.0 Server with a Data Repository; it runs a campaign over every device that calls.

  --campaign FILE   the commands for each device and the expected results (YAML), such as examples/campaign/demo.yaml
  --listen ADDRESS  host:port (default 127.0.0.1:9000)
  --client URL      the north listener of a bridge: the sessions of the campaign that have a notification begin with a Package#0
                    to it
  --count N         end when the campaign is over for N devices
  --help

Exit codes: 0 every device did what the campaign asked; 1 otherwise; 2 usage.`;

/** The interval at which the progress of the campaign is checked. */
const PROGRESS_INTERVAL_MS = 100;

/** Runs the reference backend until its campaign is over for `--count` devices, or until a signal. */
export async function runBackend(args: readonly string[]): Promise<number> {
  const { values } = parseArguments({
    args: [...args],
    options: {
      campaign: { type: 'string' },
      listen: { type: 'string', default: '127.0.0.1:9000' },
      client: { type: 'string' },
      count: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return EXIT.done;
  }
  if (values.campaign === undefined) throw new UsageError('--campaign is required');
  const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/u.exec(values.listen) ?? [];
  if (host === undefined) throw new UsageError(`--listen ${values.listen} is not host:port`);
  const count = values.count === undefined ? undefined : parsePositive('--count', values.count);
  const paint = paintFor(process.stdout);
  const backend = await startBackend({
    campaign: loadCampaign(values.campaign),
    host,
    port: Number(port),
    onEvent: (event) => backendLines(event, (devId) => devId, paint).forEach(print),
  });
  if (values.client !== undefined) backend.useClient(values.client);
  print(`backend ready ${backend.url}`);
  await untilEnd(backend, count);
  const code = summarize(backend);
  await backend.close();
  return code;
}

/** Resolves when the campaign is over for `count` devices, or at a signal. */
async function untilEnd(backend: RunningBackend, count: number | undefined): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ends: Promise<unknown>[] = [once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })];
  if (count !== undefined) ends.push(untilFinished(backend, count, signal));
  await Promise.race(ends);
  waiting.abort();
}

async function untilFinished(backend: RunningBackend, count: number, signal: AbortSignal): Promise<void> {
  const isOver = (): boolean => {
    const finished = backend.progress().filter(({ state }) => state === 'done' || state === 'failed');
    return finished.length >= count;
  };
  while (!isOver()) await sleep(PROGRESS_INTERVAL_MS, undefined, { signal });
}

/** Prints the result of each device and the faults; returns the exit code. */
function summarize(backend: RunningBackend): number {
  const progress = backend.progress();
  for (const { devId, state, reasons } of progress) {
    print(`${devId}: ${state}`);
    for (const reason of reasons) print(`  ${reason}`);
  }
  const faults = [...backend.faults, ...backend.repository.faults];
  for (const fault of faults) print(`fault: ${fault}`);
  const isGood = progress.length > 0 && progress.every(({ state }) => state === 'done') && faults.length === 0;
  return isGood ? EXIT.done : EXIT.failed;
}
