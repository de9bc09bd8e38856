/**
 * How a DM 2.0 command is carried out, as a value that survives a restart.
 *
 * A procedure is a generator that asks for what it cannot know (the device, the repository, what was learnt before) and
 * is given answers. It is pure: the executor keeps the answers in a log and, after a restart, runs the procedure anew
 * with them, so that it stands where it stood. What an earlier command changed is never resolved anew, because the
 * resolution is one of the logged answers.
 */

import type { DeviceFacts } from '../device/device-knowledge.ts';
import type { CommandOutcome, Dm1Version, ServerCommand } from '../dm1/session-model.ts';
import type { Content, SupportedMo } from '../dm2/package.ts';
import type { CachePolicy } from '../mapping/mapping.ts';
import type { MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';

/** A command for the device before the executor names it. */
export type CommandDraft = Omit<ServerCommand, 'id' | 'members'> & {
  /** Atomic only. */
  readonly members?: readonly CommandDraft[];
};

/** What the session knows of the tree at one LocURI. */
export type KnownTree =
  | { readonly state: 'unknown' }
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly tree: MoNode };

/** A whole sub-tree of the device and where it was read. */
export interface PlacedTree {
  readonly locUri: string;
  readonly tree: MoNode;
}

/** An MO instance on the device: its MIID and the LocURI of its root. */
export interface MoInstance {
  readonly miid: string;
  readonly root: string;
}

/** An interior node that roots an MO by its Type, or a node without Type at a place where a mapping expects one. */
export interface FoundRoot {
  readonly locUri: string;
  /** MOID of the Type property; '' where the device tells none. */
  readonly type: string;
}

/** What discovery has found: MO roots, and the places where new instances go with the names of their children. */
export interface Discovered {
  readonly roots: readonly FoundRoot[];
  /** By LocURI; absent where the way of searching does not tell. */
  readonly places?: Readonly<Record<string, readonly string[]>>;
}

export interface RepositoryRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content;
}

export type RepositoryReply =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Content }
  | { readonly failure: string; readonly reason: string };

/** A copy of what the device told, worth keeping: the tree of an MO instance, or which MO roots there are. */
export interface CacheEntry {
  readonly key: string;
  /** LocURIs that it is built from, with all that is below them. */
  readonly parts: readonly string[];
  readonly of: 'values' | 'structure';
  /** Cache validator of the instance (DM-2.0 §11.1). */
  readonly validator: string;
  /** 1227 and 1228 speak of all that can change in it. */
  readonly confirmable: boolean;
  readonly value: MoNode | Discovered;
}

/** A copy that may stand for a read now (design: MO cache rules). */
export type CurrentCacheEntry = Pick<CacheEntry, 'validator' | 'value'>;

/** What became of one DM 2.0 command. */
export interface CommandResult {
  readonly status: number;
  /** Where data was stored, when the device's side chose the place. */
  readonly uris?: readonly string[];
  /** GET with 200. */
  readonly data?: { readonly contentType: string; readonly content: Content };
  /** CONT with 200: where this session's packages go from now on. */
  readonly continueAt?: string;
  readonly end?: true;
  /** Of the run that prepares Package#1: what MOS lists. */
  readonly mos?: readonly SupportedMo[];
}

/** Something to be kept of the device, beyond this command. */
export type WorkflowEffect =
  | { readonly type: 'fact'; readonly facts: DeviceFacts }
  | { readonly type: 'trees'; readonly trees: readonly PlacedTree[] }
  | { readonly type: 'discovered'; readonly discovered: Discovered }
  | { readonly type: 'copy'; readonly copy: CacheEntry }
  | { readonly type: 'rootAdded'; readonly root: FoundRoot }
  /** A sub-tree is gone, with all MO instances in it. */
  | { readonly type: 'rootsGone'; readonly locUri: string }
  | { readonly type: 'accountValue'; readonly path: string; readonly value: string }
  /** The names that the backend gave in the rights of one instance; those it gave before are gone. */
  | { readonly type: 'rightsNames'; readonly instance: string; readonly names: Readonly<Record<string, string>> }
  | {
      readonly type: 'pendingExec';
      readonly correlator: string;
      readonly clientUri: string;
      readonly locUri: string;
      readonly serverUri?: string;
    }
  /** The alert that stands for an Exec which was done at once although its report was asked for elsewhere. */
  | {
      readonly type: 'report';
      readonly serverUri: string;
      readonly clientUri: string;
      readonly alertType: string;
      readonly data: number;
    }
  | { readonly type: 'log'; readonly event: string; readonly facts: Readonly<Record<string, unknown>> };

export type WorkflowRequest =
  /** What is known of the trees at these places, and of the device that is to be read where nothing is; waits for unanswered writes that could change them. */
  | { readonly kind: 'recall'; readonly locUris: readonly string[] }
  /**
   * The copy under this key, if it may stand for a read. One of values that an unanswered write could change is none: the
   * read itself knows best whether it has to wait. One of the structure waits, for a search costs more.
   */
  | ({ readonly kind: 'copy'; readonly policy?: CachePolicy } & Pick<CacheEntry, 'key' | 'parts' | 'of'>)
  /** The MO roots found in this session, if discovery was done; waits for unanswered writes that add or remove instances. */
  | { readonly kind: 'roots' }
  /** The MIID of an instance, made and remembered where it is new. */
  | { readonly kind: 'miid'; readonly moid: string; readonly root: string }
  /** The roots that ever had a MIID of this MOID. */
  | { readonly kind: 'knownInstances'; readonly moid: string }
  | { readonly kind: 'facts' }
  | { readonly kind: 'correlator' }
  /** Whether a command behind this one has changed the place meanwhile: then it is too late for another look. */
  | { readonly kind: 'overtaken'; readonly locUri: string }
  | { readonly kind: 'note'; readonly note: WorkflowEffect }
  /** Commands for the device, in order. */
  | {
      readonly kind: 'device';
      readonly commands: readonly CommandDraft[];
      /** What these commands change. Empty: they only read. */
      readonly writes: readonly TreeChange[];
      /** What the procedure may still change after them. */
      readonly willWrite: readonly TreeChange[];
      /** What the procedure may still read after them, depending on their outcome. */
      readonly mayRead: readonly TreeChange[];
    }
  /** An exchange with the Data Repository. A GET may run before earlier device commands are answered; others wait. */
  | { readonly kind: 'http'; readonly request: RepositoryRequest };

export type WorkflowResult =
  | {
      readonly kind: 'recall';
      /** In the order of the places. */
      readonly recalled: readonly KnownTree[];
      readonly facts: DeviceFacts;
      readonly version: Dm1Version;
    }
  | { readonly kind: 'copy'; readonly copy?: CurrentCacheEntry }
  | { readonly kind: 'roots'; readonly discovered?: Discovered }
  | { readonly kind: 'miid'; readonly miid: string }
  | { readonly kind: 'knownInstances'; readonly instances: readonly MoInstance[] }
  | {
      readonly kind: 'facts';
      readonly facts: DeviceFacts;
      readonly version: Dm1Version;
      /** MOIDs of instances that the device has, or once had. */
      readonly moids: readonly string[];
      readonly rightsNames?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'correlator'; readonly correlator: string }
  | { readonly kind: 'overtaken'; readonly overtaken: boolean }
  | { readonly kind: 'note' }
  | { readonly kind: 'device'; readonly outcomes: readonly CommandOutcome[] }
  | { readonly kind: 'http'; readonly reply: RepositoryReply };

export type Workflow<T> = Generator<WorkflowRequest, T, WorkflowResult>;

/** The answer to an ask of the same kind; anything else is a fault of the executor. */
export function expectResult<K extends WorkflowResult['kind']>(
  answer: WorkflowResult,
  kind: K,
): Extract<WorkflowResult, { kind: K }> {
  if (isKind(answer, kind)) return answer;
  throw new TypeError(`asked for ${kind}, was answered ${answer.kind}`);
}

function isKind<K extends WorkflowResult['kind']>(
  answer: WorkflowResult,
  kind: K,
): answer is Extract<WorkflowResult, { kind: K }> {
  return answer.kind === kind;
}

export function* recall(locUris: readonly string[]): Workflow<Extract<WorkflowResult, { kind: 'recall' }>> {
  return expectResult(yield { kind: 'recall', locUris }, 'recall');
}

export function* requestCacheEntry(
  wanted: Pick<CacheEntry, 'key' | 'parts' | 'of'>,
  policy?: CachePolicy,
): Workflow<CurrentCacheEntry | undefined> {
  const ask: WorkflowRequest = { kind: 'copy', ...wanted, ...(policy === undefined ? {} : { policy }) };
  return expectResult(yield ask, 'copy').copy;
}

export function* requestDiscovered(): Workflow<Discovered | undefined> {
  return expectResult(yield { kind: 'roots' }, 'roots').discovered;
}

export function* requestMiid(moid: string, root: string): Workflow<string> {
  return expectResult(yield { kind: 'miid', moid, root }, 'miid').miid;
}

export function* requestKnownInstances(moid: string): Workflow<readonly MoInstance[]> {
  return expectResult(yield { kind: 'knownInstances', moid }, 'knownInstances').instances;
}

export function* requestFacts(): Workflow<Extract<WorkflowResult, { kind: 'facts' }>> {
  return expectResult(yield { kind: 'facts' }, 'facts');
}

export function* requestCorrelator(): Workflow<string> {
  return expectResult(yield { kind: 'correlator' }, 'correlator').correlator;
}

export function* isOvertaken(locUri: string): Workflow<boolean> {
  return expectResult(yield { kind: 'overtaken', locUri }, 'overtaken').overtaken;
}

export function* note(item: WorkflowEffect): Workflow<void> {
  expectResult(yield { kind: 'note', note: item }, 'note');
}

/** Reads on the device; `mayRead` names what may have to be read after them. */
export function* readOnDevice(
  commands: readonly CommandDraft[],
  mayRead: readonly TreeChange[] = [],
  willWrite: readonly TreeChange[] = [],
): Workflow<readonly CommandOutcome[]> {
  return expectResult(yield { kind: 'device', commands, writes: [], willWrite, mayRead }, 'device').outcomes;
}

/** Writes on the device; `willWrite` names what may be written after them (undo, retries). */
export function* writeOnDevice(
  commands: readonly CommandDraft[],
  writes: readonly TreeChange[],
  willWrite: readonly TreeChange[] = [],
): Workflow<readonly CommandOutcome[]> {
  return expectResult(yield { kind: 'device', commands, writes, willWrite, mayRead: [] }, 'device').outcomes;
}

export function* exchange(request: RepositoryRequest): Workflow<RepositoryReply> {
  return expectResult(yield { kind: 'http', request }, 'http').reply;
}
