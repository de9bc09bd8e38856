/** The requests that the session answers itself: its knowledge of the device, names for new things, and effects. */

import type { DeviceFacts } from '../device/facts.ts';
import type { ManagedDevice } from '../device/managed-device.ts';
import { assertNever } from '../errors.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import { serverUriValues } from '../translate/server-uri.ts';
import { assignMiidsOf, rootWithMiid } from '../translate/uri.ts';
import { virtualTree } from '../translate/virtual-objects.ts';
import { knownTreeAt, reportedBelow } from '../tree/tree-knowledge.ts';
import { entriesOf } from '../typed-entries.ts';
import type { WorkflowRequest } from '../workflow/request.ts';
import type { ResultOf, WorkflowResult } from '../workflow/result.ts';
import { applyEffect, type SessionDraft } from './workflow-effects.ts';

/** The result of a request of the command that runs; undefined when the device, the repository or the cache must give it. */
export function immediateResult(draft: SessionDraft, request: WorkflowRequest): WorkflowResult | undefined {
  const { environment, progress, north, device } = draft;
  switch (request.kind) {
    case 'device':
      return request.commands.length === 0 ? { kind: 'device', outcomes: [] } : undefined;
    case 'http':
      return undefined;
    case 'turn':
      return NEXT_PART;
    case 'cacheEntry': {
      const isUsable = !north.deviceGone && !progress.open.isEntryUncertain(request);
      const hasEntry = isUsable && environment.hasCacheEntry?.(request) === true;
      return hasEntry ? undefined : { kind: 'cacheEntry' };
    }
    case 'miid':
      return { kind: 'miid', miid: miidOf(draft, request.moid, request.root) };
    case 'miids':
      return { kind: 'miids', miids: miidsOf(draft, request.moid, request.roots) };
    case 'correlator': {
      const correlator = `${north.id}-${north.counter}`;
      north.counter += 1;
      return { kind: 'correlator', correlator };
    }
    case 'emit':
      applyEffect(draft, request.effect);
      return EMITTED;
    case 'knownTrees':
      return {
        kind: 'knownTrees',
        trees: request.locUris.map((locUri) => knownTreeAt(north.knowledge, locUri)),
        facts: factsOf(draft),
        version: environment.version,
      };
    case 'reportedLeaves':
      return { kind: 'reportedLeaves', leaves: reportedBelow(north.knowledge, request.locUri) };
    case 'virtualTree':
      return virtualTreeResult(virtualTree(request.address, environment.context.account, device));
    case 'discovered': {
      const result: Mutable<ResultOf<'discovered'>> = { kind: 'discovered' };
      if (north.knowledge.discovered !== undefined) result.discovered = north.knowledge.discovered;
      return result;
    }
    case 'facts':
      return deviceFacts(draft);
    case 'knownInstances':
      return knownInstances(device, request.moid, request.miids);
    case 'serverUriValues':
      return { kind: 'serverUriValues', values: serverUriValues(device) };
    case 'defaults':
      return { kind: 'defaults', entries: device.defaults ?? {}, session: north.id };
    case 'subscriptions':
      return { kind: 'subscriptions', subscriptions: device.subscriptions ?? [], session: north.id };
    case 'claimInteraction':
      return { kind: 'claimInteraction', isClaimed: claimInteraction(draft) };
    case 'changedLater':
      return { kind: 'changedLater', isChanged: progress.isChangedLater(north.runs, draft.at, request.locUri) };
    default:
      return assertNever(request);
  }
}

function miidOf(draft: SessionDraft, moid: Moid, root: LocUri): Miid {
  const [miid] = miidsOf(draft, moid, [root]);
  if (miid === undefined) throw new TypeError(`no MIID for ${root}`);
  return miid;
}

function knownInstances({ miids: table }: ManagedDevice, moid: Moid, miids: readonly Miid[]): WorkflowResult {
  const instances = miids.flatMap((miid) => {
    const root = rootWithMiid(table, moid, miid);
    return root === undefined ? [] : { miid, root };
  });
  return { kind: 'knownInstances', instances };
}

/** New instances get MIIDs, which the draft keeps. */
function miidsOf(draft: SessionDraft, moid: Moid, roots: readonly LocUri[]): readonly Miid[] {
  const { device } = draft;
  const { assigned, miids } = assignMiidsOf(device.miids, moid, roots);
  if (miids !== device.miids) draft.device = { ...device, miids };
  return assigned;
}

/** False while another command shows pages to the user. */
function claimInteraction({ north }: SessionDraft): boolean {
  if (north.interaction !== undefined) return false;
  north.interaction = { phase: 'opening' };
  return true;
}

const EMITTED: WorkflowResult = { kind: 'emit' };
const NEXT_PART: WorkflowResult = { kind: 'turn' };

function virtualTreeResult(tree: MoNode | undefined): WorkflowResult {
  return tree === undefined ? { kind: 'virtualTree' } : { kind: 'virtualTree', tree };
}

function deviceFacts(draft: SessionDraft): WorkflowResult {
  const { version, isWbxml } = draft.environment;
  const { miids, rightsNames } = draft.device;
  const facts = factsOf(draft);
  const moids = entriesOf(miids).map(([moid]) => moid);
  const result: Mutable<ResultOf<'facts'>> = { kind: 'facts', facts, version, moids };
  if (isWbxml === true) result.isWbxml = true;
  if (draft.north.deviceGone) result.isDeviceGone = true;
  if (rightsNames !== undefined) result.rightsNames = rightsNames;
  return result;
}

/** Facts that were learnt of the device, else those of its profile. */
function factsOf({ north, device }: SessionDraft): DeviceFacts {
  return north.assumed === undefined ? device.facts : { ...north.assumed, ...device.facts };
}
