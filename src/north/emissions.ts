/** What a workflow wants kept beyond its command: of the device, of the session, or by others. */

import type { ManagedDevice } from '../device/managed-device.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { TreeKnowledge } from '../tree/tree-knowledge.ts';
import { concernRoots, isOutdated, rememberTrees, withoutRoots } from '../tree/tree-knowledge.ts';
import type { WorkflowEffect } from '../workflow/effect.ts';
import type { NorthSession } from './north-session.ts';
import type { NorthEffect, NorthEnvironment, NorthState } from './north-state.ts';

/** How long the Correlator of an Exec stays known, in milliseconds: 30 days. */
const CORRELATOR_LIFE = 30 * 24 * 3600 * 1000;

type EffectOf<T extends WorkflowEffect['type']> = Extract<WorkflowEffect, { readonly type: T }>;
type SessionChange = EffectOf<'trees' | 'rootsGone' | 'discovered' | 'rootAdded'>;
type DeviceChangeEffect = EffectOf<'fact' | 'accountValue' | 'rightsNames' | 'pendingExec'>;

/** Keeps a note of the run at `at`. */
export function applyEffect(
  environment: NorthEnvironment,
  state: NorthState,
  at: number,
  note: WorkflowEffect,
): { readonly state: NorthState; readonly effects: readonly NorthEffect[] } {
  const { north, device } = state;
  switch (note.type) {
    case 'trees':
    case 'rootsGone':
    case 'discovered':
    case 'rootAdded': {
      const knowledge = withSessionNote(north, at, note);
      return { state: { north: { ...north, knowledge }, device }, effects: [] };
    }
    case 'fact':
    case 'accountValue':
    case 'rightsNames':
    case 'pendingExec':
      return { state: { north, device: withDeviceNote(environment, device, note) }, effects: [] };
    case 'cacheEntry': {
      const isCurrent = note.entry.parts.every((locUri) => isStillTrue(north, at, locUri));
      return { state, effects: isCurrent ? [{ type: 'cacheEntryMade', entry: note.entry }] : [] };
    }
    case 'report': {
      const { alertType: AlertType, clientUri: SourceURI, data } = note;
      const alert: Dm2Alert = { AlertType, SourceURI, DataType: 'int', Data: { DM1x: data } };
      return { state, effects: [{ type: 'report', serverUri: note.serverUri, alert }] };
    }
    case 'log':
      return { state, effects: [note] };
  }
}

/** True when a run behind the one at `at` has sent what changes the place: what is read of it now is not what was. */
export function isChangedBehind({ runs }: NorthSession, at: number, locUri: string): boolean {
  return runs.slice(at + 1).some(({ changes = [] }) => isOutdated(locUri, changes));
}

/** Neither a command behind nor the device itself has changed it while it was read. */
function isStillTrue(north: NorthSession, at: number, locUri: string): boolean {
  return !isChangedBehind(north, at, locUri) && !isOutdated(locUri, north.runs[at]?.events ?? []);
}

function withSessionNote(north: NorthSession, at: number, note: SessionChange): TreeKnowledge {
  const { knowledge } = north;
  switch (note.type) {
    case 'trees': {
      const current = note.trees.filter(({ locUri }) => isStillTrue(north, at, locUri));
      return rememberTrees(knowledge, current);
    }
    case 'rootsGone':
      return withoutRoots(knowledge, note.locUri);
    case 'discovered': {
      const isTrue = !concernRoots(north.runs[at]?.events ?? [], note.discovered);
      return isTrue ? { ...knowledge, discovered: note.discovered } : knowledge;
    }
    case 'rootAdded': {
      const { discovered } = knowledge;
      if (discovered === undefined) return knowledge;
      return { ...knowledge, discovered: { ...discovered, roots: [...discovered.roots, note.root] } };
    }
  }
}

function withDeviceNote(
  { context, at }: NorthEnvironment,
  device: ManagedDevice,
  note: DeviceChangeEffect,
): ManagedDevice {
  switch (note.type) {
    case 'fact':
      return { ...device, facts: { ...device.facts, ...note.facts } };
    case 'accountValue':
      return withAccountValue(device, context.account.id, note.path, note.value);
    case 'rightsNames':
      return withRightsNames(device, note.instance, note.names);
    case 'pendingExec': {
      const { type: _, ...exec } = note;
      const pending = { ...exec, account: context.account.id, expiresAt: at + CORRELATOR_LIFE };
      return { ...device, pendingExecs: [...device.pendingExecs, pending] };
    }
  }
}

function withAccountValue(device: ManagedDevice, account: string, path: string, value: string): ManagedDevice {
  const values = { ...device.accountValues[account], [path]: value };
  return { ...device, accountValues: { ...device.accountValues, [account]: values } };
}

/** The names of one instance replace those that it had. */
function withRightsNames(
  device: ManagedDevice,
  instance: string,
  names: Readonly<Record<string, string>>,
): ManagedDevice {
  const others = Object.entries(device.rightsNames ?? {}).filter(([key]) => !key.startsWith(instance));
  return { ...device, rightsNames: Object.fromEntries([...others, ...Object.entries(names)]) };
}
