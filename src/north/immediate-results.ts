/** The requests that the session answers itself: its knowledge of the device, names for new things, and effects. */

import type { DeviceFacts } from '../device/facts.ts';
import { assertNever } from '../errors.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import { assignMiid } from '../translate/uri.ts';
import { virtualTree } from '../translate/virtual-objects.ts';
import { knownTreeAt, reportedBelow } from '../tree/tree-knowledge.ts';
import { entriesOf } from '../typed-entries.ts';
import type { WorkflowRequest } from '../workflow/request.ts';
import type { ResultOf, WorkflowResult } from '../workflow/result.ts';
import type { RunningSession } from './north-session.ts';
import type { NorthEnvironment, NorthState, NorthStep } from './north-state.ts';
import { type Asker, applyEffect } from './workflow-effects.ts';

type RunningState = NorthState<RunningSession>;

export interface ImmediateResult extends NorthStep<RunningSession> {
  readonly result: WorkflowResult;
}

/** The result of a request of a command; undefined when the device, the repository or the cache must give it. */
export function immediateResult(
  asker: Asker,
  state: RunningState,
  request: WorkflowRequest,
): ImmediateResult | undefined {
  const { environment, progress } = asker;
  const { north, device } = state;
  switch (request.kind) {
    case 'device':
      return request.commands.length === 0 ? resultWith(state, { kind: 'device', outcomes: [] }) : undefined;
    case 'http':
      return undefined;
    case 'cacheEntry': {
      const isUsable = !north.deviceGone && !progress.open.isEntryUncertain(request);
      const hasEntry = isUsable && environment.hasCacheEntry?.(request) === true;
      return hasEntry ? undefined : resultWith(state, { kind: 'cacheEntry' });
    }
    case 'miid': {
      const { miid, miids } = assignMiid(device.miids, request.moid, request.root);
      const result: WorkflowResult = { kind: 'miid', miid };
      if (miids === device.miids) return resultWith(state, result);
      return resultWith({ north, device: { ...device, miids } }, result);
    }
    case 'correlator': {
      const correlator = `${north.id}-${north.counter}`;
      const counted = { ...north, counter: north.counter + 1 };
      return resultWith({ north: counted, device }, { kind: 'correlator', correlator });
    }
    case 'emit':
      return { ...applyEffect(asker, state, request.effect), result: { kind: 'emit' } };
    case 'knownTrees':
      return resultWith(state, {
        kind: 'knownTrees',
        trees: request.locUris.map((locUri) => knownTreeAt(north.knowledge, locUri)),
        facts: factsOf(state),
        version: environment.version,
      });
    case 'reportedLeaves':
      return resultWith(state, { kind: 'reportedLeaves', leaves: reportedBelow(north.knowledge, request.locUri) });
    case 'virtualTree':
      return resultWith(state, virtualTreeResult(virtualTree(request.address, environment.context.account, device)));
    case 'discovered': {
      const result: Mutable<ResultOf<'discovered'>> = { kind: 'discovered' };
      if (north.knowledge.discovered !== undefined) result.discovered = north.knowledge.discovered;
      return resultWith(state, result);
    }
    case 'facts':
      return resultWith(state, deviceFacts(environment, state));
    case 'knownInstances': {
      const instances = entriesOf(device.miids[request.moid] ?? {}).map(([miid, root]) => ({ miid, root }));
      return resultWith(state, { kind: 'knownInstances', instances });
    }
    case 'changedLater':
      return resultWith(state, changedLater(asker, north, request.locUri));
    default:
      return assertNever(request);
  }
}

function resultWith(state: RunningState, result: WorkflowResult): ImmediateResult {
  return { state, effects: [], result };
}

function virtualTreeResult(tree: MoNode | undefined): WorkflowResult {
  return tree === undefined ? { kind: 'virtualTree' } : { kind: 'virtualTree', tree };
}

function changedLater({ progress, at }: Asker, { runs }: RunningSession, locUri: LocUri): WorkflowResult {
  return { kind: 'changedLater', isChanged: progress.isChangedLater(runs, at, locUri) };
}

function deviceFacts({ version, isWbxml }: NorthEnvironment, state: RunningState): WorkflowResult {
  const { miids, rightsNames } = state.device;
  const facts = factsOf(state);
  const moids = entriesOf(miids).map(([moid]) => moid);
  const result: Mutable<ResultOf<'facts'>> = { kind: 'facts', facts, version, moids };
  if (isWbxml === true) result.isWbxml = true;
  if (state.north.deviceGone) result.isDeviceGone = true;
  if (rightsNames !== undefined) result.rightsNames = rightsNames;
  return result;
}

/** Facts that were learnt of the device, else those of its profile. */
function factsOf({ north, device }: RunningState): DeviceFacts {
  return north.assumed === undefined ? device.facts : { ...north.assumed, ...device.facts };
}
