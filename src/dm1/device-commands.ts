/**
 * The commands of a device other than Alert: DevInfo is taken, everything else is refused without effect.
 *
 * @see DM-1.3 §6 ("MUST NOT send any commands other than Replace command containing DevInfo, Results and Alert"), §6.3
 */
import { isDevInfo } from '../mo/loc-uri.ts';
import type { Command, ContainerCommand, Item, ItemCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { PlainItem } from './plain-item.ts';
import { toPlainItem } from './plain-item.ts';
import { owe, type Reception } from './reception.ts';

/** Takes a Replace: the Items of DevInfo, and no others. */
export function takeReplace(reception: Reception, replace: ItemCommand): void {
  const verdicts = replace.items.map((item) => ({ item, status: replaceStatus(item) }));
  const distinct = new Set(verdicts.map(({ status }) => status));
  if (distinct.size > 1) {
    for (const { item, status } of verdicts) {
      owe(reception, replace, status, {
        targetRefs: item.target === undefined ? [] : [item.target.locUri],
        sourceRefs: item.source === undefined ? [] : [item.source.locUri],
      });
    }
  } else {
    owe(reception, replace, verdicts[0]?.status ?? STATUS.incompleteCommand);
  }
  const taken = verdicts
    .filter(({ status }) => status === STATUS.ok)
    .map(({ item }) => toPlainItem(item, replace.meta));
  if (taken.length === 0) return;
  reception.progress = true;
  reception.effects.push({ type: 'devInfoReceived', leaves: leavesOf(taken) });
}

/** Owes a Status for a command that has no business here, and for each member of a container. */
export function refuse(reception: Reception, command: Command, status: number): void {
  owe(reception, command, command.cmdId === '' ? STATUS.badRequest : status);
  for (const member of membersOf(command)) {
    if (member.name !== 'Status' && member.name !== 'Results') refuse(reception, member, status);
  }
}

/** The commands inside a container; none in any other command. */
export function membersOf(command: Command): readonly Command[] {
  return isContainer(command) ? command.members : [];
}

function isContainer(command: Command): command is ContainerCommand {
  return command.name === 'Atomic' || command.name === 'Sequence';
}

/** A leaf of DevInfo in chunks has no place in Package#1 (DM-1.3 §8 speaks of Results and Alerts of a device). */
function replaceStatus(item: Item): number {
  if (!isDevInfo(addressOf(item))) return STATUS.commandNotAllowed;
  return item.moreData === true ? STATUS.optionalFeatureNotSupported : STATUS.ok;
}

/** Where an Item of the device belongs: Source, as the specification has it, or Target. */
export function addressOf(item: Item): string {
  return item.source?.locUri ?? item.target?.locUri ?? '';
}

/** Interior nodes are listed by some devices; only leaves have a value. */
function leavesOf(items: readonly PlainItem[]): Readonly<Record<string, string>> {
  const leaves = items.filter((item) => item.meta?.format?.toLowerCase() !== 'node');
  return Object.fromEntries(leaves.map((item) => [item.source ?? item.target ?? '', item.data ?? '']));
}
