/** Values of a device's state for tests and benches: small, complete, with text that is easily damaged on its way. */
import type { CacheRow, DeviceState, Store } from '../../src/bridge/ports.ts';
import { type DmSession, type ExecReport, SESSION_FORMAT, type StoredAnswer } from '../../src/bridge/session.ts';
import { type DevId, parseDevId } from '../../src/device/dev-id.ts';
import type { OutboxItem } from '../../src/device/outbox-item.ts';
import type { DeviceRecord } from '../../src/device/record.ts';
import type { Subscription } from '../../src/device/subscription.ts';
import type { AwaitingSession } from '../../src/dm1/session-model.ts';
import { parseServerUri } from '../../src/dm2/server-uri.ts';
import type { Notification } from '../../src/notification/notification.ts';
import { miidTable } from '../support/miid-table.ts';

const AWKWARD_TEXT = 'ä\u0000\u2028"\\</x>\ud83d\udcf1';

export function deviceRecord(text: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  const devId = parseDevId(text);
  return {
    devId,
    credentials: { user: devId, md5: 'bWQ1', sha256: 'c2hh', basic: 'YmFzaWM=' },
    values: { model: 'M1', note: AWKWARD_TEXT },
    facts: { tolerated: ['no CmdID in Status'] },
    miids: miidTable({ 'urn:oma:mo:oma-fumo:1.0': { miid1: './FUMO' } }),
    pendingExecs: [],
    accountValues: {},
    nextSeq: 1,
    ...more,
  };
}

export function southSession(devId: string): AwaitingSession {
  return {
    version: '1.2',
    sessionId: '1A',
    device: devId,
    deviceUri: devId,
    serverUri: 'http://bridge.example/dm',
    respUri: 'http://bridge.example/dm/abcdefghijklmnopqrstuv',
    phase: 'awaitingDevice',
    lastMsgIdIn: 2,
    nextMsgId: 3,
    ordering: 'sequence',
    dueStatuses: [],
    queue: [{ id: 'c1', name: 'Replace', items: [{ target: './X', data: AWKWARD_TEXT }] }],
    outstanding: [],
    serverAuth: { state: 'none', tries: 0, credSent: false },
    engineCommands: [],
    idleMessages: 0,
    holds: 0,
  };
}

export function dmSession(devId: string, more: Partial<DmSession> = {}): DmSession {
  return {
    format: SESSION_FORMAT,
    id: 'session-1',
    account: 'main',
    token: 'abcdefghijklmnopqrstuv',
    tokenUsed: false,
    openedFrom: '192.0.2.1',
    mediaType: 'application/vnd.syncml.dm+xml',
    openedAt: 1_700_000_000_000,
    lastMessageAt: 1_700_000_000_500,
    south: southSession(devId),
    north: {
      id: 'north-1',
      phase: 'executing',
      url: parseServerUri('http://backend.example/dm20'),
      runs: [{ wire: ['GET', 'urn:oma:mo:oma-fumo:1.0//'], replayLog: [] }],
      knowledge: { trees: [] },
      emptyLists: 0,
      counter: 7,
      deviceGone: false,
    },
    ...more,
  };
}

export function storedAnswer(more: Partial<StoredAnswer> = {}): StoredAnswer {
  return {
    sessionId: '1A',
    msgId: 2,
    requestHash: 'aGFzaA==',
    status: 200,
    headers: { 'content-type': 'application/vnd.syncml.dm+xml' },
    body: 'PFN5bmNNTC8+',
    ...more,
  };
}

export function outboxItem(seq: number): OutboxItem {
  return {
    seq,
    receivedAt: 1_700_000_000_000 + seq,
    code: 1226,
    item: { source: './X', data: `${AWKWARD_TEXT}${seq}` },
  };
}

/** An alert that the backend has refused alone. */
export function refusedItem(seq: number, state: 'held' | 'refused'): OutboxItem {
  const refusal = { state, status: 500, at: 1_700_000_000_000, tries: 1 };
  return { ...outboxItem(seq), refusal: state === 'held' ? { ...refusal, until: 1_700_003_600_000 } : refusal };
}

export function execReport(id: string, dueAt: number): ExecReport {
  const alert = { AlertType: 'urn:oma:at:fumo', Data: { result: 200, text: AWKWARD_TEXT } };
  return {
    id,
    devId: parseDevId('IMEI:1'),
    account: 'main',
    serverUri: parseServerUri('http://backend.example/report'),
    alert,
    dueAt,
  };
}

/** A notification that awaits its session; due at no time when `dueAt` is undefined. */
export function subscription(clientUri: string): Subscription {
  return { account: 'main', clientUri, serverUri: 'https://dm.example/changes', base: 'x', checkedAt: 1 };
}

export function notification(seq: number, dueAt: number | undefined): Notification {
  const waiting: Notification = {
    seq,
    account: 'main',
    sessionId: seq + 1,
    notificationId: 0xffff,
    requestsMos: true,
    connectionTypes: [2, 1],
    contentHash: 'aGFzaA==',
    state: 'sent',
    acceptedAt: 1_700_000_000_000,
    expiresAt: 1_700_086_400_000,
    knownUntil: 1_700_086_400_000,
    sendings: 1,
    failures: 0,
    delivery: AWKWARD_TEXT,
    refusedBy: [],
  };
  return dueAt === undefined ? waiting : { ...waiting, dueAt };
}

/** A row of the MO cache: a tree with one leaf. */
export function cacheRow(key: string, validator: string, text = AWKWARD_TEXT): CacheRow {
  const leaf = { name: 'Value', format: 'chr', type: 'text/plain', value: text } as const;
  return { key, validator, value: { name: 'Root', format: 'node', type: '', children: [leaf] } };
}

/** The state of a device and all alerts that are to be delivered; undefined for an unknown device. */
export async function loadAll(
  store: Store,
  devId: DevId,
): Promise<(Omit<DeviceState, 'outbox'> & { readonly outbox: readonly OutboxItem[] }) | undefined> {
  const loaded = await store.load(devId, { outbox: { state: 'kept', from: 0, limit: 1_000_000 } });
  return loaded === undefined ? undefined : { ...loaded.state, outbox: loaded.outbox };
}
