/**
 * Runs the commands of one server message on a device and collects the Statuses and Results that answer them.
 *
 * @see DM-1.3 §6.5, §10.2, RepPro 1.2 §6.4 (Atomic, Sequence)
 */
import { type ExecHandler, type PendingAlert, runExec } from './exec-handler.ts';
import { itemsOf } from './item-meta.ts';
import type { WireCommand, WireItem } from './message.ts';
import { readLocUri } from './tree.ts';
import { add, copy, remove, replace, type TreeAccess } from './tree-operations.ts';
import { listNodes, readNode, readProperty } from './tree-queries.ts';
import { askUser, type UserScript } from './user.ts';

/** Where commands run, and what running them leaves behind. */
export interface Execution extends TreeAccess {
  readonly user: UserScript;
  /** By LocURI. */
  readonly handlers: Readonly<Record<string, ExecHandler>>;
  readonly msgRef: string;
  /** Largest Item of Results that the device can send; a larger one is refused with 413. */
  readonly maxItem: number;
  /** Alerts that an Exec raised. */
  readonly raised: PendingAlert[];
  /** Set when the user cancelled: the rest of the message is not executed (DM-1.3 §10.2). */
  stopped: boolean;
}

/** The answers to one command, in order; CmdIDs are given when they are sent. */
export interface Reply {
  readonly command: WireCommand;
  readonly code: number;
}

const UI_ALERTS = ['1100', '1101', '1102', '1103', '1104'];
const NOT_EXECUTED = 215;

/** Runs one command of SyncBody; containers with all their members. */
export function execute(run: Execution, command: WireCommand): readonly Reply[] {
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
      return [status(run, command, 406)];
  }
}

function runSequence(run: Execution, command: WireCommand): readonly Reply[] {
  if (run.profile.sequence === 'refused') {
    return [status(run, command, 406), ...command.members.flatMap((member) => notExecuted(run, member))];
  }
  const replies: Reply[] = [status(run, command, 200)];
  let bypassed = false;
  for (const member of command.members) {
    const answers: readonly Reply[] = bypassed ? notExecuted(run, member) : execute(run, member);
    replies.push(...answers);
    // A user who says No ends the Sequence (DM-1.3 §10.2.2).
    bypassed ||= member.name === 'Alert' && answers.some((answer) => answer.code === 304);
  }
  return replies;
}

function runAtomic(run: Execution, command: WireCommand): readonly Reply[] {
  if (!run.profile.atomic) {
    return [status(run, command, 406), ...command.members.flatMap((member) => notExecuted(run, member))];
  }
  const forbidden = command.members.some((member) => ['Get', 'Atomic', 'Exec', 'Sequence'].includes(member.name));
  if (forbidden) {
    return [status(run, command, 500), ...command.members.flatMap((member) => notExecuted(run, member))];
  }
  const before = run.tree.snapshot();
  const done: Reply[][] = [];
  for (const member of command.members) {
    done.push([...execute(run, member)]);
    if (failed(done.at(-1))) break;
  }
  if (!failed(done.at(-1))) return [status(run, command, 200), ...done.flat()];
  run.tree.restore(before);
  const undone = done
    .slice(0, -1)
    .flat()
    .map((answer) => status(run, source(command, answer), 216));
  const rest = command.members.slice(done.length).flatMap((member) => notExecuted(run, member));
  return [status(run, command, 507), ...undone, ...(done.at(-1) ?? []), ...rest];
}

function failed(replies: readonly Reply[] | undefined): boolean {
  return replies?.some(({ code }) => code >= 300 || code === 214 || code === NOT_EXECUTED) ?? false;
}

/** The member that a Status answers. */
function source(container: WireCommand, answer: Reply): WireCommand {
  return container.members.find((member) => member.cmdId === answer.command.cmdRef) ?? container;
}

function runAlert(run: Execution, command: WireCommand): Reply {
  if (!UI_ALERTS.includes(command.data ?? '') || !run.profile.ui) return status(run, command, 406);
  const answer = askUser(command, run.user);
  if (answer.code === 214) run.stopped = true;
  return status(run, command, answer.code, undefined, answer.items);
}

function runGet(run: Execution, command: WireCommand): readonly Reply[] {
  const answers = command.items.map((item) => ({ item, answer: get(run, item.target ?? '') }));
  const codes = answers.map(({ item, answer }) => ({ item, code: 'code' in answer ? answer.code : 200 }));
  const items = answers.flatMap(({ answer }) => ('items' in answer ? answer.items : []));
  const replies = statuses(run, command, codes);
  if (items.length === 0) return replies;
  const results: WireCommand = {
    name: 'Results',
    cmdId: '',
    msgRef: run.msgRef,
    cmdRef: command.cmdId,
    items,
    members: [],
  };
  return [...replies, { command: results, code: 200 }];
}

function get(run: Execution, target: string): { readonly items: readonly WireItem[] } | { readonly code: number } {
  const address = readLocUri(target);
  if (address === undefined) return { code: 400 };
  const node = run.tree.find(address.names);
  if (node === undefined) return { code: 404 };
  if (!run.tree.allows(address.names, 'Get', run.server)) return { code: 425 };
  if (!node.access.has('Get')) return { code: 405 };
  const answer = query(run, target, address.names, address.query) ?? { items: [readNode(node, target)] };
  const tooLarge = 'items' in answer && answer.items.some((item) => byteLength(item.data ?? '') > run.maxItem);
  return tooLarge ? { code: 413 } : answer;
}

function query(
  run: Execution,
  target: string,
  names: readonly string[],
  text: string | undefined,
): ReturnType<typeof get> | undefined {
  if (text === undefined) return undefined;
  const node = run.tree.find(names);
  if (text.startsWith('prop=') && node !== undefined) return readProperty(node, target, text.slice(5), run.profile);
  if (text.startsWith('list=')) return listNodes(run.tree, names, text.slice(5), run.profile, run.server);
  return { code: 406 };
}

function runItems(run: Execution, command: WireCommand): readonly Reply[] {
  const items = itemsOf(command);
  if (items.length === 0) return [status(run, command, 412)];
  return statuses(
    run,
    command,
    items.map((item) => ({ item, code: runItem(run, command, item) })),
  );
}

function runItem(run: Execution, command: WireCommand, item: WireItem): number {
  switch (command.name) {
    case 'Add':
      return add(run, item);
    case 'Replace':
      return replace(run, item);
    case 'Delete':
      return remove(run, item);
    case 'Copy':
      return copy(run, item);
    default:
      return runExec(run, run.handlers, run.raised, item, command.correlator);
  }
}

/** One Status when all codes agree, else one per Item with its TargetRef (RepPro 1.2 §6.5). */
function statuses(
  run: Execution,
  command: WireCommand,
  codes: readonly { readonly item: WireItem; readonly code: number }[],
): readonly Reply[] {
  const [first] = codes;
  if (first === undefined) return [status(run, command, 412)];
  if (codes.every(({ code }) => code === first.code)) {
    return [status(run, command, first.code, codes.length === 1 ? first.item.target : undefined)];
  }
  return codes.map(({ item, code }) => status(run, command, code, item.target));
}

function notExecuted(run: Execution, command: WireCommand): readonly Reply[] {
  const members = command.members.flatMap((member) => notExecuted(run, member));
  return [status(run, command, NOT_EXECUTED), ...members];
}

function status(
  run: Execution,
  command: WireCommand,
  code: number,
  targetRef?: string,
  items: readonly WireItem[] = [],
): Reply {
  const reply: WireCommand = {
    name: 'Status',
    cmdId: '',
    msgRef: run.msgRef,
    cmdRef: command.cmdId,
    cmd: command.name,
    targetRef,
    data: String(code),
    items,
    members: [],
  };
  return { command: reply, code };
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
