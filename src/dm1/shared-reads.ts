/**
 * Reads that several commands of the backend need: a Get that waits to be sent answers a later one of the same target, too, as
 * long as only reads are between them. On a device that takes one command in a message this saves a message.
 */
import type { ServerCommand } from './server-command.ts';
import type { Dm1Session, SessionEffect } from './session-model.ts';

/** The queue with more commands at its end, of which reads join a waiting read of the same target. */
export function withCommands(
  queue: readonly ServerCommand[],
  added: readonly ServerCommand[],
): readonly ServerCommand[] {
  const commands = [...queue];
  /** Positions of the reads behind the last command that changes something, by target. */
  const reads = new Map<string, number>();
  for (const [at, command] of queue.entries()) countRead(reads, command, at);
  for (const command of added) {
    const at = reads.get(targetOfRead(command) ?? '');
    const waiting = at === undefined ? undefined : commands[at];
    if (at === undefined || waiting === undefined) {
      countRead(reads, command, commands.length);
      commands.push(command);
    } else {
      commands[at] = { ...waiting, sharedBy: [...(waiting.sharedBy ?? []), command.id] };
    }
  }
  return commands;
}

function countRead(reads: Map<string, number>, command: ServerCommand, at: number): void {
  const target = targetOfRead(command);
  if (target !== undefined) reads.set(target, at);
  else if (command.name !== 'Get') reads.clear();
}

/** The target of a plain Get of one node. */
function targetOfRead({ name, items, meta }: ServerCommand): string | undefined {
  const [item, ...others] = items;
  return name === 'Get' && meta === undefined && others.length === 0 ? item?.target : undefined;
}

/** The queue without these commands; a read stays as long as one command needs it. */
export function withoutCommands(queue: readonly ServerCommand[], ids: readonly string[]): readonly ServerCommand[] {
  const removed = new Set(ids);
  return queue.flatMap(({ sharedBy = [], ...command }): readonly ServerCommand[] => {
    const [id, ...others] = [command.id, ...sharedBy].filter((each) => !removed.has(each));
    if (id === undefined) return [];
    return [others.length === 0 ? { ...command, id } : { ...command, id, sharedBy: others }];
  });
}

/** The effects with an outcome for each command that shares a read. */
export function withSharedOutcomes(session: Dm1Session, effects: readonly SessionEffect[]): readonly SessionEffect[] {
  if (!effects.some(({ type }) => type === 'outcome')) return effects;
  const isShared = ({ sharedBy }: ServerCommand) => sharedBy !== undefined;
  if (!session.queue.some(isShared) && !session.outstanding.some(({ command }) => isShared(command))) return effects;
  const commands = [...session.queue, ...session.outstanding.map(({ command }) => command)];
  const sharing = new Map(commands.flatMap(({ id, sharedBy }) => (sharedBy === undefined ? [] : [[id, sharedBy]])));
  return effects.flatMap((effect) => {
    if (effect.type !== 'outcome') return effect;
    const others = sharing.get(effect.outcome.id) ?? [];
    return [effect, ...others.map((id): SessionEffect => ({ ...effect, outcome: { ...effect.outcome, id } }))];
  });
}
