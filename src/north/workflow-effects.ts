/** Applies the effects that workflows emit: to the session's knowledge, to the device's record, or as effects for the bridge. */

import type { ManagedDevice, PendingExec } from '../device/managed-device.ts';
import { withoutQuery } from '../dm2/client-uri.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import { assertNever } from '../errors.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import type { TreeKnowledge } from '../tree/tree-knowledge.ts';
import { isOutdated, mayConcernRoots, withoutRoots, withTrees } from '../tree/tree-knowledge.ts';
import type { WorkflowEffect } from '../workflow/effect.ts';
import type { RunningSession } from './north-session.ts';
import type { NorthEffect, NorthEnvironment, NorthState, NorthStep } from './north-state.ts';
import type { Progress } from './progress.ts';

/** The Execs of a device whose end is awaited; beyond it, the oldest is forgotten. */
const MAX_PENDING_EXECS = 200;
/** After this time the bridge forgets the Correlator of an Exec: 30 days. */
const PENDING_EXEC_MS = 30 * 24 * 3600 * 1000;

type EffectOf<T extends WorkflowEffect['type']> = Extract<WorkflowEffect, { readonly type: T }>;
type KnowledgeEffect = EffectOf<'trees' | 'rootsGone' | 'discovered' | 'rootAdded'>;
type DeviceEffect = EffectOf<'fact' | 'accountValue' | 'rightsNames'>;

/** A command whose workflow makes a request, in its surroundings. */
export interface Asker {
  readonly environment: NorthEnvironment;
  readonly progress: Progress;
  /** Position of the command in its package. */
  readonly at: number;
}

/** The state and the effects for the bridge after an effect of a command. */
export function applyEffect(
  asker: Asker,
  state: NorthState<RunningSession>,
  effect: WorkflowEffect,
): NorthStep<RunningSession> {
  const { north, device } = state;
  switch (effect.type) {
    case 'trees':
    case 'rootsGone':
    case 'discovered':
    case 'rootAdded': {
      const knowledge = knowledgeAfter(asker, north, effect);
      return { state: { north: { ...north, knowledge }, device }, effects: [] };
    }
    case 'fact':
    case 'accountValue':
    case 'rightsNames':
      return { state: { north, device: deviceAfter(asker.environment, device, effect) }, effects: [] };
    case 'pendingExec': {
      const step = withPendingExec(asker.environment, device, effect);
      return { state: { north, device: step.device }, effects: step.effects };
    }
    case 'cacheEntry': {
      const isCurrent = effect.entry.parts.every((locUri) => isReadCurrent(asker, north, locUri));
      const effects: NorthEffect[] = isCurrent ? [{ type: 'cacheEntryMade', entry: effect.entry }] : [];
      return { state, effects };
    }
    case 'report': {
      const { alertType: AlertType, clientUri: SourceURI, data } = effect;
      const alert: Dm2Alert = { AlertType, SourceURI, DataType: 'int', Data: { DM1x: data } };
      return { state, effects: [{ type: 'report', serverUri: effect.serverUri, alert }] };
    }
    case 'ownValues':
    case 'log':
      return { state, effects: [effect] };
    default:
      return assertNever(effect);
  }
}

/** True when neither a later command nor the device itself has changed the place while it was read. */
function isReadCurrent({ progress, at }: Asker, north: RunningSession, locUri: LocUri): boolean {
  return !progress.isChangedLater(north.runs, at, locUri) && !isOutdated(locUri, reportedChanges(north, at));
}

function reportedChanges({ runs }: RunningSession, at: number) {
  return runs[at]?.reportedChanges ?? [];
}

function knowledgeAfter(asker: Asker, north: RunningSession, effect: KnowledgeEffect): TreeKnowledge {
  const { knowledge } = north;
  switch (effect.type) {
    case 'trees': {
      const current = effect.trees.filter(({ locUri }) => isReadCurrent(asker, north, locUri));
      return withTrees(knowledge, current);
    }
    case 'rootsGone':
      return withoutRoots(knowledge, effect.locUri);
    case 'discovered': {
      const { discovered } = effect;
      return mayConcernRoots(reportedChanges(north, asker.at), discovered) ? knowledge : { ...knowledge, discovered };
    }
    case 'rootAdded': {
      const { discovered } = knowledge;
      if (discovered === undefined) return knowledge;
      return { ...knowledge, discovered: { ...discovered, roots: [...discovered.roots, effect.root] } };
    }
    default:
      return assertNever(effect);
  }
}

function deviceAfter({ context }: NorthEnvironment, device: ManagedDevice, effect: DeviceEffect): ManagedDevice {
  switch (effect.type) {
    case 'fact':
      return { ...device, facts: { ...device.facts, ...effect.facts } };
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

/** The names of one instance replace all that it had. */
function withRightsNames(device: ManagedDevice, { instance, names }: EffectOf<'rightsNames'>): ManagedDevice {
  const others = Object.entries(device.rightsNames ?? {}).filter(([key]) => !key.startsWith(instance));
  return { ...device, rightsNames: Object.fromEntries([...others, ...Object.entries(names)]) };
}
