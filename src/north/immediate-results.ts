/** The asks that need nobody outside: what is known, what is to be kept, names for new things. */

import type { DeviceFacts } from '../device/device-knowledge.ts';
import { assertNever } from '../errors.ts';
import { descend } from '../mo/node.ts';
import type { TranslationContext } from '../translate/context.ts';
import { assignMiid } from '../translate/uri.ts';
import { isVirtual, virtualTree } from '../translate/virtual-objects.ts';
import { recallTree } from '../tree/tree-knowledge.ts';
import type { KnownTree, WorkflowRequest, WorkflowResult } from '../workflow/workflow.ts';
import { isInDoubt } from './dependencies.ts';
import { applyEffect, isChangedBehind } from './emissions.ts';
import type { NorthEffect, NorthEnvironment, NorthState } from './north-state.ts';

export interface ImmediateResult {
  readonly crossing: NorthState;
  readonly answer: WorkflowResult;
  readonly effects: readonly NorthEffect[];
}

/** The answer to the run at `at`, or undefined when the device or the repository must give it. */
export function immediateResult(
  environment: NorthEnvironment,
  crossing: NorthState,
  at: number,
  ask: WorkflowRequest,
): ImmediateResult | undefined {
  const { north, device } = crossing;
  switch (ask.kind) {
    case 'miid': {
      const { miid, miids } = assignMiid(device.miids, ask.moid, ask.root);
      const isNew = miids !== device.miids;
      return {
        crossing: isNew ? { north, device: { ...device, miids } } : crossing,
        answer: { kind: 'miid', miid },
        effects: [],
      };
    }
    case 'correlator': {
      const correlator = `${north.id}-${north.counter}`;
      const counted = { ...north, counter: north.counter + 1 };
      return { crossing: { north: counted, device }, answer: { kind: 'correlator', correlator }, effects: [] };
    }
    case 'copy': {
      const isUsable = !north.deviceGone && !isInDoubt(north.runs.slice(0, at), ask);
      const isThere = isUsable && environment.hasCacheEntry?.(ask) === true;
      return isThere ? undefined : { crossing, answer: { kind: 'copy' }, effects: [] };
    }
    case 'note': {
      const { crossing: kept, effects } = applyEffect(environment, crossing, at, ask.note);
      return { crossing: kept, answer: { kind: 'note' }, effects };
    }
    case 'device':
    case 'http': {
      const isNothing = ask.kind === 'device' && ask.commands.length === 0;
      return isNothing ? { crossing, answer: { kind: 'device', outcomes: [] }, effects: [] } : undefined;
    }
    default:
      return { crossing, answer: known(environment, crossing, at, ask), effects: [] };
  }
}

/** The asks that change nothing. */
type Question = Extract<
  WorkflowRequest,
  { readonly kind: 'recall' | 'roots' | 'facts' | 'knownInstances' | 'overtaken' }
>;

function known(environment: NorthEnvironment, crossing: NorthState, at: number, ask: Question): WorkflowResult {
  const { north, device } = crossing;
  switch (ask.kind) {
    case 'recall':
      return {
        kind: 'recall',
        recalled: ask.locUris.map((locUri) => recallAt(environment.context, crossing, locUri)),
        facts: factsOf(crossing),
        version: environment.version,
      };
    case 'roots': {
      const { discovered } = north.knowledge;
      return { kind: 'roots', ...(discovered === undefined ? {} : { discovered }) };
    }
    case 'facts': {
      const moids = Object.keys(device.miids);
      const { rightsNames } = device;
      const answer = { facts: factsOf(crossing), version: environment.version, moids };
      return { kind: 'facts', ...answer, ...(rightsNames === undefined ? {} : { rightsNames }) };
    }
    case 'knownInstances': {
      const instances = Object.entries(device.miids[ask.moid] ?? {}).map(([miid, root]) => ({ miid, root }));
      return { kind: 'knownInstances', instances };
    }
    case 'overtaken':
      return { kind: 'overtaken', overtaken: isChangedBehind(north, at, ask.locUri) };
    default:
      return assertNever(ask);
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
