/** The asks that need nobody outside: what is known, what is to be kept, names for new things. */

import type { DeviceFacts } from '../device/facts.ts';
import { assertNever } from '../errors.ts';
import { descend } from '../mo/node.ts';
import type { TranslationContext } from '../translate/context.ts';
import { assignMiid } from '../translate/uri.ts';
import { isVirtual, virtualTree } from '../translate/virtual-objects.ts';
import { recallTree } from '../tree/tree-knowledge.ts';
import type { KnownTree } from '../workflow/device-tree.ts';
import type { WorkflowRequest } from '../workflow/request.ts';
import type { WorkflowResult } from '../workflow/result.ts';
import { isInDoubt } from './dependencies.ts';
import { applyEffect, isChangedBehind } from './emissions.ts';
import type { NorthEffect, NorthEnvironment, NorthState } from './north-state.ts';

export interface ImmediateResult {
  readonly state: NorthState;
  readonly answer: WorkflowResult;
  readonly effects: readonly NorthEffect[];
}

/** The answer to the run at `at`, or undefined when the device or the repository must give it. */
export function immediateResult(
  environment: NorthEnvironment,
  state: NorthState,
  at: number,
  request: WorkflowRequest,
): ImmediateResult | undefined {
  const { north, device } = state;
  switch (request.kind) {
    case 'miid': {
      const { miid, miids } = assignMiid(device.miids, request.moid, request.root);
      const isNew = miids !== device.miids;
      return {
        state: isNew ? { north, device: { ...device, miids } } : state,
        answer: { kind: 'miid', miid },
        effects: [],
      };
    }
    case 'correlator': {
      const correlator = `${north.id}-${north.counter}`;
      const counted = { ...north, counter: north.counter + 1 };
      return { state: { north: counted, device }, answer: { kind: 'correlator', correlator }, effects: [] };
    }
    case 'cacheEntry': {
      const isUsable = !north.deviceGone && !isInDoubt(north.runs.slice(0, at), request);
      const isThere = isUsable && environment.hasCacheEntry?.(request) === true;
      return isThere ? undefined : { state, answer: { kind: 'cacheEntry' }, effects: [] };
    }
    case 'emit': {
      const { state: next, effects } = applyEffect(environment, state, at, request.effect);
      return { state: next, answer: { kind: 'emit' }, effects };
    }
    case 'device':
    case 'http': {
      const isNothing = request.kind === 'device' && request.commands.length === 0;
      return isNothing ? { state, answer: { kind: 'device', outcomes: [] }, effects: [] } : undefined;
    }
    default:
      return { state, answer: known(environment, state, at, request), effects: [] };
  }
}

/** The asks that change nothing. */
type Question = Extract<
  WorkflowRequest,
  { readonly kind: 'knownTrees' | 'discovered' | 'facts' | 'knownInstances' | 'changedLater' }
>;

function known(environment: NorthEnvironment, state: NorthState, at: number, request: Question): WorkflowResult {
  const { north, device } = state;
  switch (request.kind) {
    case 'knownTrees':
      return {
        kind: 'knownTrees',
        trees: request.locUris.map((locUri) => recallAt(environment.context, state, locUri)),
        facts: factsOf(state),
        version: environment.version,
      };
    case 'discovered': {
      const { discovered } = north.knowledge;
      return { kind: 'discovered', ...(discovered === undefined ? {} : { discovered }) };
    }
    case 'facts': {
      const moids = Object.keys(device.miids);
      const { rightsNames } = device;
      const answer = { facts: factsOf(state), version: environment.version, moids };
      return { kind: 'facts', ...answer, ...(rightsNames === undefined ? {} : { rightsNames }) };
    }
    case 'knownInstances': {
      const instances = Object.entries(device.miids[request.moid] ?? {}).map(([miid, root]) => ({ miid, root }));
      return { kind: 'knownInstances', instances };
    }
    case 'changedLater':
      return { kind: 'changedLater', isChanged: isChangedBehind(north, at, request.locUri) };
    default:
      return assertNever(request);
  }
}

/** What was learnt of the device, else what its profile says. */
function factsOf({ north, device }: NorthState): DeviceFacts {
  return north.assumed === undefined ? device.facts : { ...north.assumed, ...device.facts };
}

function recallAt(context: TranslationContext, { north, device }: NorthState, locUri: string): KnownTree {
  if (!isVirtual(locUri)) return recallTree(north.knowledge, locUri);
  const [root = '', ...path] = locUri.split('/');
  const tree = virtualTree(root, context.account, device);
  const node = tree === undefined ? undefined : descend(tree, path);
  return node === undefined ? { state: 'absent' } : { state: 'present', tree: node };
}
