/** Applies the effects that workflows emit: to the session's knowledge, to the device's record, or as effects for the bridge. */

import { type ManagedDevice, PENDING_EXEC_MS, type PendingExec } from '../device/managed-device.ts';
import { withoutSubscription, withSubscription } from '../device/subscription.ts';
import { withoutQuery } from '../dm2/client-uri.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import { assertNever } from '../errors.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import { NamesByInstance } from '../rights/dac-names.ts';
import { withRead } from '../tree/subscribed-places.ts';
import type { TreeKnowledge } from '../tree/tree-knowledge.ts';
import { isOutdated, mayConcernRoots, withoutRoots, withTrees } from '../tree/tree-knowledge.ts';
import type { WorkflowEffect } from '../workflow/effect.ts';
import { beginInteraction } from './interaction-steps.ts';
import type { RunningSession } from './north-session.ts';
import type { NorthEffect, NorthEnvironment } from './north-state.ts';
import type { Progress } from './progress.ts';

/** The Execs of a device whose end is awaited; beyond it, the oldest is forgotten. */
const MAX_PENDING_EXECS = 200;

type EffectOf<T extends WorkflowEffect['type']> = Extract<WorkflowEffect, { readonly type: T }>;
type KnowledgeEffect = EffectOf<'trees' | 'rootsGone' | 'discovered' | 'rootsAdded'>;
type DeviceEffect = EffectOf<
  'fact' | 'accountValue' | 'default' | 'rightsNames' | 'subscription' | 'subscriptionEnded'
>;

/** The state of a session while its commands run. It changes in place, and becomes a value again when none of them gets further. */
export interface SessionDraft {
  readonly environment: NorthEnvironment;
  readonly progress: Progress;
  readonly north: Mutable<RunningSession>;
  device: ManagedDevice;
  /** The work that is left to the bridge. */
  readonly effects: NorthEffect[];
  /** Position in its package of the command whose workflow runs. */
  at: number;
}

/** Applies an effect of the command whose workflow runs. */
export function applyEffect(draft: SessionDraft, effect: WorkflowEffect): void {
  const { environment, device, effects } = draft;
  switch (effect.type) {
    case 'trees':
      draft.north.knowledge = knowledgeAfter(draft, effect);
      noteRead(draft, effect);
      break;
    case 'rootsGone':
    case 'discovered':
    case 'rootsAdded':
      draft.north.knowledge = knowledgeAfter(draft, effect);
      break;
    case 'fact':
    case 'accountValue':
    case 'default':
    case 'rightsNames':
    case 'subscription':
    case 'subscriptionEnded':
      draft.device = deviceAfter(environment, device, effect);
      break;
    case 'pendingExec': {
      const step = withPendingExec(environment, device, effect);
      draft.device = step.device;
      effects.push(...step.effects);
      break;
    }
    case 'cacheEntry':
      if (effect.entry.parts.every((locUri) => isReadCurrent(draft, locUri))) {
        effects.push({ type: 'cacheEntryMade', entry: effect.entry });
      }
      break;
    case 'report': {
      const { alertType: AlertType, clientUri: SourceURI, data } = effect;
      const alert: Dm2Alert = { AlertType, SourceURI, DataType: 'int', Data: { DM1x: data } };
      effects.push({ type: 'report', serverUri: effect.serverUri, alert });
      break;
    }
    case 'interaction':
      beginOrEnd(draft, effect);
      break;
    case 'ownValues':
    case 'changed':
    case 'log':
      effects.push(effect);
      break;
    default:
      assertNever(effect);
  }
}

function beginOrEnd(
  { north, effects, environment }: SessionDraft,
  { step, cookies, lastPage }: EffectOf<'interaction'>,
): void {
  const id = String(north.counter);
  north.counter += 1;
  const change = beginInteraction(step, { id, cookies, lastPage, at: environment.at });
  north.interaction = change.interaction;
  effects.push(...change.effects);
}

/** True when neither a later command nor the device itself has changed the place while it was read. */
function isReadCurrent(draft: SessionDraft, locUri: LocUri): boolean {
  const { progress, north, at } = draft;
  return !progress.isChangedLater(north.runs, at, locUri) && !isOutdated(locUri, reportedChanges(draft));
}

function reportedChanges({ north, at }: SessionDraft) {
  return north.runs[at]?.reportedChanges ?? [];
}

function knowledgeAfter(draft: SessionDraft, effect: KnowledgeEffect): TreeKnowledge {
  const { knowledge } = draft.north;
  switch (effect.type) {
    case 'trees': {
      const current = effect.trees.filter(({ locUri }) => isReadCurrent(draft, locUri));
      return withTrees(knowledge, current);
    }
    case 'rootsGone':
      return withoutRoots(knowledge, effect.locUri);
    case 'discovered': {
      const { discovered } = effect;
      return mayConcernRoots(reportedChanges(draft), discovered) ? knowledge : { ...knowledge, discovered };
    }
    case 'rootsAdded': {
      const { discovered } = knowledge;
      if (discovered === undefined) return knowledge;
      return { ...knowledge, discovered: { ...discovered, roots: [...discovered.roots, ...effect.roots] } };
    }
    default:
      return assertNever(effect);
  }
}

/** Subscriptions look at what commands have read, because the device may have changed it by itself. */
function noteRead(draft: SessionDraft, { trees }: EffectOf<'trees'>): void {
  const { environment, north, device, at } = draft;
  if (device.subscriptions === undefined || north.runs[at]?.task === 'subscriptions') return;
  const read = trees.map(({ locUri }) => locUri);
  draft.device = withRead(environment.context.index, device, read);
}

function deviceAfter({ context, at }: NorthEnvironment, device: ManagedDevice, effect: DeviceEffect): ManagedDevice {
  switch (effect.type) {
    case 'fact':
      return { ...device, facts: { ...device.facts, ...effect.facts } };
    case 'default':
      return { ...device, defaults: { ...device.defaults, [effect.moid]: effect.entry } };
    case 'subscription': {
      const subscription = { ...effect.subscription, checkedAt: at };
      return { ...device, subscriptions: withSubscription(device.subscriptions ?? [], subscription) };
    }
    case 'subscriptionEnded': {
      const ended = { account: context.account.id, clientUri: effect.clientUri };
      return { ...device, subscriptions: withoutSubscription(device.subscriptions ?? [], ended) };
    }
    case 'accountValue':
      return withAccountValue(device, context.account.id, effect);
    case 'rightsNames':
      return withRightsNames(device, effect);
    default:
      return assertNever(effect);
  }
}

/** Adds an Exec. Those that have expired go, and the oldest one when there are too many; the log says which. */
function withPendingExec(
  { context, at }: NorthEnvironment,
  device: ManagedDevice,
  { correlator, clientUri, locUri, serverUri }: EffectOf<'pendingExec'>,
): { readonly device: ManagedDevice; readonly effects: readonly NorthEffect[] } {
  const pending: Mutable<PendingExec> = {
    correlator,
    clientUri,
    locUri,
    account: context.account.id,
    expiresAt: at + PENDING_EXEC_MS,
  };
  if (serverUri !== undefined) pending.serverUri = serverUri;
  const all = [...device.pendingExecs, pending];
  const pendingExecs = all.filter(({ expiresAt }) => expiresAt > at).slice(-MAX_PENDING_EXECS);
  const kept = new Set(pendingExecs);
  const effects = all
    .filter((exec) => !kept.has(exec))
    .map((exec): NorthEffect => {
      const isExpired = exec.expiresAt <= at;
      return { type: 'log', event: 'exec.forgotten', facts: { clientUri: withoutQuery(exec.clientUri), isExpired } };
    });
  return { device: { ...device, pendingExecs }, effects };
}

function withAccountValue(device: ManagedDevice, account: string, effect: EffectOf<'accountValue'>): ManagedDevice {
  const values = { ...device.accountValues[account], [effect.path]: effect.value };
  return { ...device, accountValues: { ...device.accountValues, [account]: values } };
}

/** The names of an instance replace all that it had. */
function withRightsNames(device: ManagedDevice, { given }: EffectOf<'rightsNames'>): ManagedDevice {
  const { rightsNames = {} } = device;
  const before = new NamesByInstance(rightsNames);
  const replaced = new Set(given.flatMap(({ instance }) => Object.keys(before.of(instance))));
  const others = Object.entries(rightsNames).filter(([key]) => !replaced.has(key));
  const added = given.flatMap(({ names }) => Object.entries(names));
  return { ...device, rightsNames: Object.fromEntries([...others, ...added]) };
}
