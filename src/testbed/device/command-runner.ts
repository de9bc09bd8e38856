/**
 * Runs the commands of one server message on a device and returns the Statuses and Results for them.
 *
 * @see DM-1.3 §6.5, §10.2, RepPro 1.2 §6.4 (Atomic, Sequence)
 */
import { ALERT } from '../../syncml/alert-codes.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { type Execution, type Reply, type StatusParts, statusCommand } from './execution.ts';
import { itemsOf } from './item-meta.ts';
import { isAlert, type WireCommand, type WireItem } from './message.ts';
import { runExec } from './run-exec.ts';
import { readLocUri } from './tree.ts';
import { addNode, copyNode, deleteNode, replaceNode } from './tree-operations.ts';
import { type GetResult, listNodes, readNode, readProperty } from './tree-queries.ts';
import { askUser } from './user.ts';

const USER_INTERACTION_ALERTS = [
  ALERT.display,
  ALERT.confirmOrReject,
  ALERT.textInput,
  ALERT.singleChoice,
  ALERT.multipleChoice,
] as const;

const FORBIDDEN_IN_ATOMIC: readonly string[] = ['Get', 'Atomic', 'Exec', 'Sequence'];

/** Runs one command of SyncBody, with all members of a Sequence or Atomic. */
export function runCommand(run: Execution, command: WireCommand): readonly Reply[] {
  if (run.stopped) return notExecuted(run, command);
  switch (command.name) {
    case 'Sequence':
      return runSequence(run, command);
    case 'Atomic':
      return runAtomic(run, command);
    case 'Alert':
      return [runAlert(run, command)];
    case 'Get':
      return runGet(run, command);
    case 'Add':
    case 'Copy':
    case 'Delete':
    case 'Exec':
    case 'Replace':
      return runItems(run, command);
    default:
      return [replyTo(run, command, STATUS.optionalFeatureNotSupported)];
  }
}

function runSequence(run: Execution, command: WireCommand): readonly Reply[] {
  if (run.profile.sequence === 'refused') return refuseContainer(run, command, STATUS.optionalFeatureNotSupported);
  const replies: Reply[] = [replyTo(run, command, STATUS.ok)];
  let isBypassed = false;
  for (const member of command.members) {
    const memberReplies: readonly Reply[] = isBypassed ? notExecuted(run, member) : runCommand(run, member);
    replies.push(...memberReplies);
    // A user who rejects ends the Sequence (DM-1.3 §10.2.2).
    isBypassed ||= member.name === 'Alert' && memberReplies.some(({ code }) => code === STATUS.notModified);
  }
  return replies;
}

function runAtomic(run: Execution, command: WireCommand): readonly Reply[] {
  if (!run.profile.atomic) return refuseContainer(run, command, STATUS.optionalFeatureNotSupported);
  if (command.members.some(({ name }) => FORBIDDEN_IN_ATOMIC.includes(name))) {
    return refuseContainer(run, command, STATUS.commandFailed);
  }
  const before = run.tree.snapshot();
  const executed: Reply[] = [];
  for (const [index, member] of command.members.entries()) {
    const replies = runCommand(run, member);
    if (replies.some(isFailure)) {
      run.tree.restore(before);
      return [
        replyTo(run, command, STATUS.atomicFailed),
        ...executed.map((reply) => replyTo(run, memberOf(command, reply), STATUS.atomicRollBackOk)),
        ...replies,
        ...command.members.slice(index + 1).flatMap((rest) => notExecuted(run, rest)),
      ];
    }
    executed.push(...replies);
  }
  return [replyTo(run, command, STATUS.ok), ...executed];
}

function isFailure({ code }: Reply): boolean {
  return code >= STATUS.multipleChoices || code === STATUS.operationCancelled || code === STATUS.notExecuted;
}

/** The member of a container that a Status answers. */
function memberOf(container: WireCommand, reply: Reply): WireCommand {
  return container.members.find(({ cmdId }) => cmdId === reply.command.cmdRef) ?? container;
}

/** Refuses a container; its members are not executed. */
function refuseContainer(run: Execution, command: WireCommand, code: number): readonly Reply[] {
  return [replyTo(run, command, code), ...command.members.flatMap((member) => notExecuted(run, member))];
}

function notExecuted(run: Execution, command: WireCommand): readonly Reply[] {
  return refuseContainer(run, command, STATUS.notExecuted);
}

function runAlert(run: Execution, command: WireCommand): Reply {
  const isInteraction = USER_INTERACTION_ALERTS.some((code) => isAlert(command, code));
  if (!isInteraction || !run.profile.ui) return replyTo(run, command, STATUS.optionalFeatureNotSupported);
  const { code, items } = askUser(command, run.user);
  if (code === STATUS.operationCancelled) run.stopped = true;
  return replyTo(run, command, code, { items });
}

function runGet(run: Execution, command: WireCommand): readonly Reply[] {
  const codes: ItemCode[] = [];
  const items: WireItem[] = [];
  for (const item of command.items) {
    const result = getNode(run, item.target ?? '');
    codes.push({ item, code: 'code' in result ? result.code : STATUS.ok });
    if ('items' in result) items.push(...result.items);
  }
  const replies = repliesForItems(run, command, codes);
  if (items.length === 0) return replies;
  const { msgRef } = run;
  const results: WireCommand = { name: 'Results', cmdId: '', msgRef, cmdRef: command.cmdId, items, members: [] };
  return [...replies, { command: results, code: STATUS.ok }];
}

function getNode(run: Execution, target: string): GetResult {
  const address = readLocUri(target);
  if (address === undefined) return { code: STATUS.badRequest };
  const node = run.tree.find(address.names);
  if (node === undefined) return { code: STATUS.notFound };
  if (!run.tree.allows(address.names, 'Get', run.server)) return { code: STATUS.permissionDenied };
  if (!node.access.has('Get')) return { code: STATUS.commandNotAllowed };
  const { query } = address;
  let result: GetResult = { items: [readNode(node, target)] };
  if (query?.startsWith('prop=')) {
    result = readProperty(node, target, query.slice('prop='.length), run.profile);
  } else if (query?.startsWith('list=')) {
    result = listNodes(run, address.names, query.slice('list='.length));
  } else if (query !== undefined) {
    result = { code: STATUS.optionalFeatureNotSupported };
  }
  const isTooLarge = 'items' in result && result.items.some(({ data = '' }) => Buffer.byteLength(data) > run.maxItem);
  return isTooLarge ? { code: STATUS.requestEntityTooLarge } : result;
}

function runItems(run: Execution, command: WireCommand): readonly Reply[] {
  const codes = itemsOf(command).map((item) => ({ item, code: runItem(run, command, item) }));
  return repliesForItems(run, command, codes);
}

function runItem(run: Execution, command: WireCommand, item: WireItem): number {
  switch (command.name) {
    case 'Add':
      return addNode(run, item);
    case 'Replace':
      return replaceNode(run, item);
    case 'Delete':
      return deleteNode(run, item);
    case 'Copy':
      return copyNode(run, item);
    default:
      return runExec(run, item, command.correlator);
  }
}

interface ItemCode {
  readonly item: WireItem;
  readonly code: number;
}

/** One Status when all codes are equal, else one per Item with its TargetRef (RepPro 1.2 §6.5). */
function repliesForItems(run: Execution, command: WireCommand, codes: readonly ItemCode[]): readonly Reply[] {
  const [first] = codes;
  if (first === undefined) return [replyTo(run, command, STATUS.incompleteCommand)];
  if (codes.every(({ code }) => code === first.code)) {
    return [replyTo(run, command, first.code, { targetRef: codes.length === 1 ? first.item.target : undefined })];
  }
  return codes.map(({ item, code }) => replyTo(run, command, code, { targetRef: item.target }));
}

/** The Status for a command. */
function replyTo(
  run: Execution,
  command: WireCommand,
  code: number,
  parts: Pick<StatusParts, 'targetRef' | 'items'> = {},
): Reply {
  const status = statusCommand({ msgRef: run.msgRef, cmdRef: command.cmdId, cmd: command.name, code, ...parts });
  return { command: status, code };
}
