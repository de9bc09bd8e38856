/**
 * The commands of a device other than Alert: a Replace of DevInfo is accepted, everything else is refused without
 * effect.
 *
 * @see DM-1.3 §6 ("MUST NOT send any commands other than Replace command containing DevInfo, Results and Alert"), §6.3
 */
import { isDevInfo } from '../mo/loc-uri.ts';
import type { Command, Item, ItemCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { addItemStatuses, addStatus, type StatusList } from './due-status.ts';
import { toPlainItem } from './plain-item.ts';
import type { Reception } from './reception.ts';

/** The Format that an Item without Format has (MetaInfo 1.2). */
const DEFAULT_FORMAT = 'chr';

/** Reads a Replace: the Items of DevInfo, and no others. */
export function readReplace(reception: Reception, replace: ItemCommand): void {
  if (replace.items.length === 0) {
    addStatus(reception, replace, STATUS.incompleteCommand);
    return;
  }
  const items = replace.items.map((item) => ({
    item,
    address: { target: item.target?.locUri, source: item.source?.locUri },
    code: replaceStatus(item),
  }));
  addItemStatuses(reception, replace, items);
  const accepted = items.filter(({ code }) => code === STATUS.ok);
  if (accepted.length === 0) return;
  const leaves: Record<string, string> = {};
  const formats: Record<string, string> = {};
  for (const { item } of accepted) {
    const { meta, source, target, data = '' } = toPlainItem(item, replace.meta);
    const format = meta?.format?.trim().toLowerCase();
    // Some devices list interior nodes; only leaves have a value.
    if (format === 'node') continue;
    const locUri = source ?? target ?? '';
    leaves[locUri] = data;
    if (format !== undefined && format !== DEFAULT_FORMAT) formats[locUri] = format;
  }
  reception.hasProgress = true;
  reception.effects.push({ type: 'devInfoReceived', leaves, formats });
}

/** Adds a Status for a command that a device must not send, and for each member of a container. */
export function refuse(list: StatusList, command: Command, status: number): void {
  addStatus(list, command, command.cmdId === '' ? STATUS.badRequest : status);
  for (const member of membersOf(command)) {
    if (member.name !== 'Status' && member.name !== 'Results') refuse(list, member, status);
  }
}

/** The commands inside a container; any other command has none. */
export function membersOf(command: Command): readonly Command[] {
  return command.name === 'Atomic' || command.name === 'Sequence' ? command.members : [];
}

/** The address of an Item of the device: Source, as the specification has it, or Target. */
export function addressOf(item: Item): string {
  return item.source?.locUri ?? item.target?.locUri ?? '';
}

/** A leaf of DevInfo must not come in chunks: DM-1.3 §8 allows them in Results and Alerts of a device only. */
function replaceStatus(item: Item): number {
  if (!isDevInfo(addressOf(item))) return STATUS.commandNotAllowed;
  return item.moreData === true ? STATUS.optionalFeatureNotSupported : STATUS.ok;
}
