/** The asks that need nobody outside: what is known, what is to be kept, names for new things. */

import type { Dm2Alert } from '../dm2/package.ts';
import { assertNever } from '../errors.ts';
import { descend } from '../mo/node.ts';
import type { CrossingContext } from './context.ts';
import type { Crossing, CrossingEffect, CrossingEnvironment } from './crossing.ts';
import type { DeviceFacts, DeviceKnowledge } from './device-knowledge.ts';
import { isMade, madeTree } from './made-objects.ts';
import type { NorthSession } from './north-session.ts';
import type { Answer, Ask, Note, Recalled } from './procedure.ts';
import { isOutdated, recallTree, rememberTrees, withoutRoots } from './tree-knowledge.ts';
import { assignMiid } from './uri.ts';

export interface ImmediateAnswer {
  readonly crossing: Crossing;
  readonly answer: Answer;
  readonly effects: readonly CrossingEffect[];
}

/** How long the Correlator of an Exec stays known, in milliseconds: 30 days. */
const CORRELATOR_LIFE = 30 * 24 * 3600 * 1000;

/** The answer to the run at `at`, or undefined when the device or the repository must give it. */
export function answerNow(
  environment: CrossingEnvironment,
  crossing: Crossing,
  at: number,
  ask: Ask,
): ImmediateAnswer | undefined {
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
    case 'note': {
      const { crossing: kept, effects } = keep(environment, crossing, at, ask.note);
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
type Question = Extract<Ask, { readonly kind: 'recall' | 'roots' | 'facts' | 'knownInstances' | 'overtaken' }>;

function known(environment: CrossingEnvironment, crossing: Crossing, at: number, ask: Question): Answer {
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
      return { kind: 'facts', facts: factsOf(crossing), version: environment.version, moids };
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
function factsOf({ north, device }: Crossing): DeviceFacts {
  return north.assumed === undefined ? device.facts : { ...north.assumed, ...device.facts };
}

/** True when a run behind the one at `at` has sent what changes the place: what is read of it now is not what was. */
function isChangedBehind({ runs }: NorthSession, at: number, locUri: string): boolean {
  return runs.slice(at + 1).some(({ changes = [] }) => isOutdated(locUri, changes));
}

function recallAt(context: CrossingContext, { north, device }: Crossing, locUri: string): Recalled {
  if (!isMade(locUri)) return recallTree(north.knowledge, locUri);
  const [root = '', ...path] = locUri.split('/');
  const tree = madeTree(root, context.account, device);
  const node = tree === undefined ? undefined : descend(tree, path);
  return node === undefined ? { state: 'absent' } : { state: 'present', tree: node };
}

type Kept = Pick<ImmediateAnswer, 'crossing' | 'effects'>;

function keep(environment: CrossingEnvironment, crossing: Crossing, at: number, note: Note): Kept {
  const { north, device } = crossing;
  const ofDevice = (changed: DeviceKnowledge): Kept => ({ crossing: { north, device: changed }, effects: [] });
  const ofSession = (knowledge: NorthSession['knowledge']): Kept => ({
    crossing: { north: { ...north, knowledge }, device },
    effects: [],
  });
  switch (note.type) {
    case 'fact':
      return ofDevice({ ...device, facts: { ...device.facts, ...note.facts } });
    case 'trees': {
      const current = note.trees.filter(({ locUri }) => !isChangedBehind(north, at, locUri));
      return ofSession(rememberTrees(north.knowledge, current));
    }
    case 'rootsGone':
      return ofSession(withoutRoots(north.knowledge, note.locUri));
    case 'discovered':
      return ofSession({ ...north.knowledge, discovered: note.discovered });
    case 'rootAdded': {
      const { discovered } = north.knowledge;
      if (discovered === undefined) return { crossing, effects: [] };
      return ofSession({ ...north.knowledge, discovered: { ...discovered, roots: [...discovered.roots, note.root] } });
    }
    case 'accountValue':
      return ofDevice(withAccountValue(device, environment.context.account.id, note.path, note.value));
    case 'pendingExec': {
      const { type: _, ...exec } = note;
      const pending = { ...exec, account: environment.context.account.id, expiresAt: environment.at + CORRELATOR_LIFE };
      return ofDevice({ ...device, pendingExecs: [...device.pendingExecs, pending] });
    }
    case 'report': {
      const { alertType: AlertType, clientUri: SourceURI, data } = note;
      const alert: Dm2Alert = { AlertType, SourceURI, DataType: 'int', Data: { DM1x: data } };
      return { crossing, effects: [{ type: 'report', serverUri: note.serverUri, alert }] };
    }
    case 'log':
      return { crossing, effects: [{ type: 'log', event: note.event, facts: note.facts }] };
  }
}

function withAccountValue(device: DeviceKnowledge, account: string, path: string, value: string): DeviceKnowledge {
  const values = { ...device.accountValues[account], [path]: value };
  return { ...device, accountValues: { ...device.accountValues, [account]: values } };
}
