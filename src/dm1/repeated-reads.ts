/**
 * Reads that are sent once more, alone, because the device did not answer them inside a Sequence.
 *
 * Some devices answer 200 without Results to the Gets that share a Sequence with a Get of a list, and some answer a few
 * members of a Sequence only. A read can be repeated without harm. A second failure counts, because the second try is in no
 * Sequence.
 */
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { isFinalStatus } from './pending.ts';
import type { OutstandingCommand, ServerCommand } from './server-command.ts';

/** The members of a Sequence that must be read once more; `container` is the Status of the Sequence. */
export function readsToRepeat(
  members: readonly OutstandingCommand[],
  container: number | undefined,
): ReadonlySet<OutstandingCommand> {
  const lists = members.filter(({ command }) => isListGet(command)).length;
  const repeated = members.filter((member) => {
    if (!isUnansweredGet(member)) return false;
    if (member.status === undefined) return !isFinalStatus(container) || isSuccess(container);
    return member.status === STATUS.ok && lists > (isListGet(member.command) ? 1 : 0);
  });
  return new Set(repeated);
}

/** True for a Get of a list of nodes (DM-TND §9.1). */
function isListGet(command: ServerCommand): boolean {
  return command.name === 'Get' && command.items.some(({ target }) => target?.includes('?list=') === true);
}

/** True for the Get of a structure without values; some devices answer no other Get of its Sequence. */
export function isStructGet(command: ServerCommand): boolean {
  return command.name === 'Get' && command.items.some(({ target }) => target?.endsWith('?list=Struct') === true);
}

function isUnansweredGet({ command, results, objectFailure }: OutstandingCommand): boolean {
  return command.name === 'Get' && results.length === 0 && objectFailure === undefined;
}
