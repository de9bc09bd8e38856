/**
 * Does what a northbound session asks for: requests to the backend and the Data Repository, commands for the device.
 *
 * Before each request the session is stored with the intent: after a restart a POST is known to have been on its way, and
 * is not repeated; a GET is made again (design: crash between a north POST and its commit).
 */

import type { ServerCommand } from '../dm1/server-command.ts';
import { step } from '../dm1/session.ts';
import { logEntry } from '../log-events.ts';
import type { NorthEffect, NorthEnvironment } from '../north/north-state.ts';
import { type NorthInput, stepNorth } from '../north/step.ts';
import type { DeviceCell } from './device-cell.ts';
import { keepFresh, readCacheRow, touchCache } from './mo-cache.ts';
import type { BridgeOptions } from './options.ts';
import type { OutgoingRequest } from './ports.ts';
import { traceReply, traceRequest } from './trace-north.ts';

type Request = Extract<NorthEffect, { type: 'request' }>;
type ReportEffect = Extract<NorthEffect, { type: 'report' }>;
type CopyWanted = Extract<NorthEffect, { type: 'cacheReadRequested' }>;
/** What somebody else than the device can answer. */
type Wish = Request | CopyWanted;

/** The bridge's side of one northbound session. */
export interface NorthRun {
  readonly options: BridgeOptions;
  readonly cell: DeviceCell;
  /** Which session of the cell. */
  readonly id: string;
  readonly account: string;
  /** Name of the whole session for logs and traces. */
  readonly sessionName: string;
  /** The report that this session delivers. */
  readonly reportId?: string;
  environment(): NorthEnvironment;
}

/** Feeds one input and everything that follows from it, until nothing but the device can go on. */
export async function runNorth(run: NorthRun, input: NorthInput): Promise<void> {
  const wishes = applyInput(run, input);
  for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) {
    wishes.push(...applyInput(run, wish.type === 'request' ? await perform(run, wish) : await lookUp(run, wish)));
  }
}

function applyInput(run: NorthRun, input: NorthInput): Wish[] {
  const { cell } = run;
  const crossing = cell.crossing(run.id);
  if (crossing === undefined) return [];
  const next = stepNorth(run.environment(), crossing, input);
  cell.applyNorthState(next.state);
  return next.effects.flatMap((effect) => applyEffect(run, effect));
}

function applyEffect(run: NorthRun, effect: NorthEffect): readonly Wish[] {
  const { cell, options } = run;
  switch (effect.type) {
    case 'request':
    case 'cacheReadRequested':
      return [effect];
    case 'cacheEntryMade':
      keepFresh(options, cell, run.sessionName, effect.entry);
      return [];
    case 'treeChanged':
      touchCache(cell, effect.changes);
      return [];
    case 'deviceCommands':
      sendCommands(run, effect.commands);
      return [];
    case 'delivered':
      cell.outbox = cell.outbox.filter(({ seq }) => !effect.seqs.includes(seq));
      return [];
    case 'report':
      addReport(run, effect);
      return [];
    case 'reportDelivered':
      if (run.reportId !== undefined) cell.removeReport(run.reportId);
      return [];
    case 'log':
      logEntry(options.journal, effect, { device: cell.record.devId, session: run.sessionName });
      return [];
  }
}

function addReport({ cell, options, account }: NorthRun, { serverUri, alert }: ReportEffect): void {
  const id = Buffer.from(options.random.bytes(12)).toString('hex');
  cell.addReport({ id, devId: cell.record.devId, account, serverUri, alert, dueAt: options.clock.now() });
}

/** A session that has just ended takes none; it is about to be told that the device is gone, which answers them. */
function sendCommands({ cell, id }: NorthRun, commands: readonly ServerCommand[]): void {
  const { session } = cell;
  if (session?.north.id !== id) return;
  const { session: south } = step(session.south, { type: 'commandsReady', commands });
  cell.session = { ...session, south };
}

async function perform(run: NorthRun, { id, purpose, request }: Request): Promise<NorthInput> {
  const { options, cell } = run;
  await cell.commit();
  const outgoing: OutgoingRequest = { ...request, account: run.account, purpose };
  const place = { device: cell.record.devId, session: run.sessionName };
  traceRequest(options, place, outgoing);
  const reply = await options.backend.send(outgoing);
  traceReply(options, place, outgoing, reply);
  return { type: 'replied', id, reply };
}

async function lookUp({ options, cell }: NorthRun, { id, request }: CopyWanted): Promise<NorthInput> {
  const copy = await readCacheRow(cell, request, options.clock.now());
  return { type: 'cacheRead', id, ...(copy === undefined ? {} : { entry: copy }) };
}
