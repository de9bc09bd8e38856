/** A store that dmbridge 0.1.0 wrote opens with all that it knew of its devices. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { loadNonceKey, openStore } from '../../src/store/open-store.ts';
import { loadAll } from './values.ts';

const WRITTEN = fileURLToPath(new URL('./written-by-0.1.0', import.meta.url));
const PHONE = parseDevId('IMEI:493005100000101');
const TABLET = parseDevId('IMEI:493005100000102');
const MODEM = 'MEID:A1000000000105';
const STORE = { url: 'sqlite:dmbridge.db' };

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-old-store-'));
  cpSync(WRITTEN, folder, { recursive: true });
  store = await openStore(STORE, folder, 1_000_000);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a store of version 0.1.0', () => {
  test('keeps MIIDs, nonces, sealed secrets and learnt facts of its devices', async () => {
    const state = await loadAll(store, PHONE);
    expect(state?.version).toBe(32);
    expect(state?.record).toMatchObject({
      devId: PHONE,
      miids: {
        'urn:oma:mo:oma-dm-devinfo:1.2': { DevInfo: './DevInfo' },
        'urn:oma:mo:oma-dm-devdetail:1.0': { DevDetail: './DevDetail' },
        'urn:oma:mo:oma-fumo:1.0': { FUMO: './FUMO' },
        'urn:oma:mo:oma-dcmo:1.0': { Camera: './DCMO/Camera', usb: './DCMO/usb' },
      },
      server: { user: 'legacy-dm', password: 'server-secret' },
      notificationSecret: 'noti-secret',
      clientNonce: 'nFjdEmEfMWifCTrDgTXlSQ==',
      usedNonce: 'WWwTGx4qeeHRguyETHCXCg==',
      serverNonce: 'XmiS8VB6i0AwPwI3qbyDhA==',
      facts: { list: 'StructData', atomic: true },
      values: { mcc: '262', model: 'SmartPhone2000', manufacturer: 'Device Factory, Inc.' },
      pendingExecs: [{ clientUri: 'urn:oma:mo:oma-fumo:1.0//Download', locUri: './FUMO/Download', account: 'main' }],
      nextSeq: 4,
    });
  });

  test('keeps the alert that no backend has taken yet', async () => {
    expect((await loadAll(store, PHONE))?.outbox).toEqual([
      {
        seq: 3,
        receivedAt: 1796071318680,
        code: 1226,
        item: {
          source: './DCMO/Camera',
          meta: { format: 'int', type: 'urn:oma:at:dcmo:1.0:OperationComplete', mark: 'warning' },
          data: '1200',
        },
      },
    ]);
  });

  test('keeps the rows of the MO cache and what is known of them', async () => {
    const cache = (await loadAll(store, TABLET))?.record.cache;
    expect(cache).toMatchObject({ chain: 4, isRestless: false });
    expect(Object.values(cache?.copies ?? {})).toMatchObject([{ parts: ['.'], of: 'structure', confirmable: true }]);
    expect(await store.readCache(TABLET, '', 'RK1xFWAHSIvIG6ch')).toMatchObject({
      roots: [
        { locUri: './DevInfo', type: 'urn:oma:mo:oma-dm-devinfo:1.0' },
        { locUri: './DevDetail', type: 'urn:oma:mo:oma-dm-devdetail:1.0' },
        { locUri: './DCMO/Camera', type: 'urn:oma:mo:oma-dcmo:1.0' },
        { locUri: './FUMO', type: 'urn:oma:mo:oma-fumo:1.0' },
      ],
    });
  });

  test('finds the device that left in the middle of its session', async () => {
    expect((await store.idleSessions({ before: 1796071318655, limit: 10 })).map(({ devId }) => devId)).toEqual([MODEM]);
  });

  test('keeps the key of challenge nonces', async () => {
    expect(await loadNonceKey(STORE, folder)).toHaveLength(32);
  });
});
