/** The table at the end of the demonstration: one row per device, and what went wrong. */
import type { Progress } from '../testbed/backend/device-run.ts';
import type { RunningBackend } from '../testbed/backend/server.ts';
import type { Paint } from '../testbed/conversation.ts';
import type { DeviceData } from '../testbed/device/fleet.ts';
import { print } from './command-line.ts';

/** The sessions of one device. */
export interface DeviceResult {
  readonly data: DeviceData;
  /** SyncML messages of the device. */
  readonly messages: number;
  readonly problems: readonly string[];
}

/** One device as the table shows it; a member is undefined when the device did not come that far. */
interface Row {
  readonly model: string;
  readonly result: DeviceResult | undefined;
  readonly progress: Progress | undefined;
}

const MODEL_WIDTH = 14;

/** Prints the table; returns true when every device did what the campaign asked and no party broke a rule. */
export function printResults(
  { devices, backend }: { readonly devices: readonly DeviceData[]; readonly backend: RunningBackend },
  results: readonly DeviceResult[],
  paint: Paint,
): boolean {
  const progress = backend.progress();
  print(`\n${formatCells(['device', 'sessions', 'SyncML', 'commands'])}campaign`);
  let isGood = true;
  for (const device of devices) {
    const result = results.find(({ data }) => data === device);
    const reached = progress.find(({ devId }) => devId === device.devId);
    if (!printRow({ model: device.model, result, progress: reached }, paint)) isGood = false;
  }
  const faults = [...backend.faults, ...backend.repository.faults];
  for (const fault of faults) print(paint('fault', `backend: ${fault}`));
  return isGood && faults.length === 0;
}

/** Prints one device with its problems; returns true when it has none. */
function printRow({ model, result, progress }: Row, paint: Paint): boolean {
  const problems = [
    ...(result?.problems ?? ['not finished in time']),
    ...(progress?.reasons ?? ['never reached the backend']),
  ];
  const isDone = problems.length === 0 && progress?.state === 'done';
  const state = isDone ? paint('good', 'done') : paint('fault', progress?.state ?? 'waiting');
  const counts = [progress?.sessions, result?.messages, progress?.commands].map((count) => String(count ?? 0));
  print(`${formatCells([model, ...counts])}${state}`);
  for (const problem of problems) print(`${' '.repeat(MODEL_WIDTH)}${paint('fault', problem)}`);
  return isDone;
}

function formatCells([model = '', sessions = '', messages = '', commands = '']: readonly string[]): string {
  return `${model.padEnd(MODEL_WIDTH)}${sessions.padEnd(10)}${messages.padEnd(8)}${commands.padEnd(10)}`;
}
