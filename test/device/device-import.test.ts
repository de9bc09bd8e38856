/** One row of the devices file becomes the record of its device. */
import { describe, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { applyRow, type DeviceRow } from '../../src/device/device-import.ts';
import type { DeviceRecord } from '../../src/device/record.ts';
import { credentialForms } from '../../src/dm1/digest.ts';

describe('import of a row', () => {
  const ROW: DeviceRow = {
    line: 2,
    devId: parseDevId('IMEI:1'),
    user: 'u',
    password: 'secret-pw',
    values: { model: 'M1' },
  };

  test('the row of a new device becomes its record, without the password', () => {
    const record = applyRow(undefined, {
      ...ROW,
      clientNonce: 'Tm9uY2U=',
      serverNonce: 'c3J2',
      server: { user: 's', password: 'p' },
      notificationSecret: 'n',
      accept: ['basic'],
    });
    expect(record).toEqual({
      devId: parseDevId('IMEI:1'),
      credentials: { ...credentialForms('u', 'secret-pw'), accept: ['basic'] },
      clientNonce: 'Tm9uY2U=',
      serverNonce: 'c3J2',
      server: { user: 's', password: 'p' },
      notificationSecret: 'n',
      values: { model: 'M1' },
      facts: {},
      miids: {},
      pendingExecs: [],
      accountValues: {},
      nextSeq: 1,
    } satisfies DeviceRecord);
    expect(JSON.stringify(record)).not.toContain('secret-pw');
  });

  const used: DeviceRecord = {
    ...applyRow(undefined, { ...ROW, server: { user: 's', password: 'p' }, notificationSecret: 'n', accept: ['md5'] }),
    clientNonce: 'bGVhcm50',
    usedNonce: 'dXNlZA==',
    serverNonce: 'Z2l2ZW4=',
    values: { model: 'M1', manufacturer: 'Acme' },
    facts: { list: 'none' },
    nextSeq: 42,
  };

  test('the same row imported again leaves the very same record', () => {
    expect(applyRow(used, ROW)).toBe(used);
    expect(applyRow(used, { ...ROW, clientNonce: 'Tm9uY2U=', serverNonce: 'c3J2' })).toBe(used);
  });

  test('an imported row with another password replaces the credentials and nothing else', () => {
    const record = applyRow(used, { ...ROW, password: 'new' });
    expect(record).toEqual({ ...used, credentials: { ...credentialForms('u', 'new'), accept: ['md5'] } });
  });

  test('a nonce of the devices file counts only when none is stored', () => {
    const { clientNonce: _c, serverNonce: _s, ...fresh } = used;
    const row = { ...ROW, clientNonce: 'Tm9uY2U=', serverNonce: 'c3J2' };
    expect(applyRow(fresh, row)).toMatchObject({ clientNonce: 'Tm9uY2U=', serverNonce: 'c3J2' });
    expect(applyRow(used, row)).toMatchObject({ clientNonce: 'bGVhcm50', serverNonce: 'Z2l2ZW4=' });
  });

  test('an imported row replaces the values that it has; other values and the spelling of the devId stay', () => {
    const row = {
      ...ROW,
      devId: parseDevId('imei:1'),
      server: { user: 's2', password: 'p2' },
      values: { model: 'M2' },
    };
    expect(applyRow(used, row)).toEqual({
      ...used,
      server: { user: 's2', password: 'p2' },
      values: { model: 'M2', manufacturer: 'Acme' },
    });
  });
});
