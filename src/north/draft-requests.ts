/** The requests of the early draft of DM 2.0, in place of Package#1 and Package#3 (early draft §5.4, §5.6). */

import { devIdHeader } from '../device/dev-id.ts';
import { DEV_INFO_ROOT } from '../device/dev-info.ts';
import type { ManagedDevice } from '../device/managed-device.ts';
import { alertsToWire } from '../dm2/codec.ts';
import { DRAFT_TYPES, formatDraftStatuses, instancesOf, withoutInstances } from '../dm2/draft/answer.ts';
import { tnds20Document, toTnds20Children } from '../dm2/draft/tnds20.ts';
import type { CommandStatus, Content, Dm2Alert } from '../dm2/package.ts';
import { namesOf, readLocUri } from '../mo/loc-uri.ts';
import type { PreparedStart } from '../workflow/command-result.ts';

interface DraftRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Content;
}

const DEV_INFO_MOID = 'oma:mo:oma-dm-devinfo:1.0';
const DEV_DETAIL_MOID = 'oma:mo:oma-dm-devdetail:1.0';

/** DevInfo as Package#1 of the device has brought it, with the Generic Alerts, and the MOs and DevDetail that were prepared. */
export function firstDraftRequest(
  device: ManagedDevice,
  alerts: readonly Dm2Alert[],
  { mos, devDetail }: PreparedStart = {},
  { sendsInstances = true }: { readonly sendsInstances?: boolean } = {},
): DraftRequest {
  const members = [{ moid: DEV_INFO_MOID, path: '/', content: devInfoOf(device) }];
  if (devDetail?.children !== undefined) {
    members.push({ moid: DEV_DETAIL_MOID, path: '/', content: toTnds20Children(devDetail.children) });
  }
  const document = {
    MO: sendsInstances ? mos?.flatMap(instancesOf) : mos?.map(withoutInstances),
    ...tnds20Document(members),
    Alert: alerts.length === 0 ? undefined : alertsToWire(alerts),
  };
  return { headers: headersOf(device, DRAFT_TYPES.first), body: { text: JSON.stringify(document) } };
}

/** The statuses of the commands of the answer with this MsgID. */
export function draftStatuses(device: ManagedDevice, msgId: number, statuses: readonly CommandStatus[]): DraftRequest {
  return { headers: headersOf(device, DRAFT_TYPES.statuses), body: { text: formatDraftStatuses(msgId, statuses) } };
}

function headersOf({ devId }: ManagedDevice, contentType: string): DraftRequest['headers'] {
  const accept = `${DRAFT_TYPES.commands}, ${DRAFT_TYPES.first}`;
  return { 'content-type': contentType, accept, 'x-omadmdeviceid': devIdHeader(devId) };
}

/** The leaves below the root, by their names; deeper ones are objects. */
function devInfoOf({ devInfo = {} }: ManagedDevice): Readonly<Record<string, unknown>> {
  const top: Record<string, unknown> = Object.create(null);
  const depth = namesOf(DEV_INFO_ROOT).length;
  for (const [text, value] of Object.entries(devInfo)) {
    const locUri = readLocUri(text);
    const [name, ...others] = locUri === undefined ? [] : namesOf(locUri).slice(depth);
    if (name !== undefined && others.length === 0) top[name] = value;
  }
  return top;
}
