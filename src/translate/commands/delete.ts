/** DELETE: the node with its sub-tree goes (DM-2.0 §5.3.4). */
import type { CrossingContext } from '../context.ts';
import { isMade } from '../made-objects.ts';
import type { CommandResult } from '../north-session.ts';
import { type CommandDraft, type Procedure, writeOnDevice } from '../procedure.ts';
import type { Region } from '../regions.ts';
import { finalStatus } from '../status.ts';
import { address, resolveForChange, type Target } from '../targets.ts';

export function* deleteNodes(context: CrossingContext, clientUri: string): Procedure<CommandResult> {
  const addressed = address(context, clientUri);
  if ('status' in addressed) return addressed;
  const found = yield* resolveForChange(context, addressed);
  if (found.kind === 'empty') return { status: 404 };
  if (found.kind === 'status') return { status: found.status };
  // What the bridge makes is permanent (DM-2.0 §6.3.1.2).
  if (found.targets.some(({ root }) => isMade(root))) return { status: 405 };
  const commands: readonly CommandDraft[] = found.targets.map(({ locUri }) => ({
    name: 'Delete',
    items: [{ target: locUri }],
  }));
  const outcomes = yield* writeOnDevice(commands, found.targets.map(regionOf));
  return { status: finalStatus(context.statusTable, outcomes, 'DELETE') };
}

function regionOf({ locUri, path }: Target): Region {
  return { locUri, change: path.length === 0 ? 'instance' : 'structure' };
}
