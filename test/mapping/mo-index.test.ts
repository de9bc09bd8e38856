import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { describeNode, execAlertType, hasVolatile, isHidden } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { must } from '../support/mappings.ts';

const index = new MoIndex(loadMappings().mappings);

describe('by MOID', () => {
  test.each([
    ['urn:oma:mo:oma-dm-devinfo:1.2', 'urn:oma:mo:oma-dm-devinfo:1.2'],
    ['oma:mo:oma-dm-devinfo:1.0', 'urn:oma:mo:oma-dm-devinfo:1.2'],
    ['urn%3Aoma%3Amo%3Aoma-dm-devinfo%3A1.1', 'urn:oma:mo:oma-dm-devinfo:1.2'],
    ['urn:oma:mo:oma-dm-dmacc:2.0', 'urn:oma:mo:oma-dm-dmacc:1.2'],
    ['urn:oma:mo:oma-dm-dmacc:1.1', 'urn:oma:mo:oma-dm-dmacc:1.0'],
    ['oma:mo:oma-sessioninfomo:1.0', 'urn:oma:mo:oma-sessioninfomo:1.0'],
  ])('byMoid finds for %s the mapping of %s', (moid, canonical) => {
    expect(index.byMoid(parseMoid(moid))?.moid).toBe(canonical);
    expect(index.canonicalMoid(parseMoid(moid))).toBe(canonical);
  });

  test.each(['urn:oma:mo:oma-dm-devinfo:9.9', 'urn:oma:mo:invalid-moid:1.0', '%'])(
    'byMoid finds no mapping for %j',
    (moid) => {
      expect(index.byMoid(parseMoid(moid))).toBeUndefined();
      expect(index.canonicalMoid(parseMoid(moid))).toBe(moid);
    },
  );
});

describe('by the Type that a device reports', () => {
  test.each([
    ['urn:oma:mo:oma-scomo:1.0', 'urn:oma:mo:oma-scomo:1.0'],
    [' urn:oma:mo:oma-scomo:1.7\n', 'urn:oma:mo:oma-scomo:1.0'],
    ['urn:oma:mo:oma-dm-devinfo:1.0', 'urn:oma:mo:oma-dm-devinfo:1.2'],
    // The device's own account is never the DM Account that the bridge makes.
    ['urn:oma:mo:oma-dm-dmacc:1.2', 'urn:oma:mo:oma-dm-dmacc:1.0'],
    ['urn:oma:mo:oma-dm-dmacc:2.0', 'urn:oma:mo:oma-dm-dmacc:1.0'],
  ])('byDm1Type finds for the Type %j the mapping of %s', (type, moid) => {
    expect(index.byDm1Type(type)?.moid).toBe(moid);
  });

  test.each(['', 'text/plain', 'urn:oma:mo:oma-sessioninfomo:1.0'])(
    'byDm1Type finds no mapping for the Type %j',
    (type) => {
      expect(index.byDm1Type(type)).toBeUndefined();
    },
  );

  test('byDm1Type ignores the version in a reversed domain, too', () => {
    const vendor = { ...index.fallbackMapping(parseMoid('com.example/1.2/Product/Radio')) };
    expect(new MoIndex([vendor]).byDm1Type('com.example/1.3/Product/Radio')).toBe(vendor);
    expect(new MoIndex([vendor]).byDm1Type('com.example/1.3/Product')).toBeUndefined();
  });
});

describe('the MOID at the beginning of a ClientURI', () => {
  const vendor = new MoIndex([
    index.fallbackMapping(parseMoid('com.example/1.2/Product')),
    index.fallbackMapping(parseMoid('com.example/1.2/Product/Radio')),
  ]);

  test.each([
    ['com.example/1.2/Product/inst/Path', 'com.example/1.2/Product'],
    ['com.example/1.2/Product/Radio/inst/', 'com.example/1.2/Product/Radio'],
    ['com.example%2F1.2%2FProduct/inst/', 'com.example%2F1.2%2FProduct'],
    ['com.example/1.2/Product', undefined],
    ['com.example/1.2/Other/inst/', undefined],
  ])('longestMoid finds at the beginning of %s the MOID %s', (text, moid) => {
    expect(vendor.longestMoid(text)).toBe(moid);
  });

  const nested = new MoIndex(
    [
      'urn:oma:mo:oma-dcmo:1.0',
      'oma:mo:oma-scomo:1.0',
      'com.example',
      'com.example/1.2/Product',
      'com.example/1.2/Product/Deep',
    ].map((moid) => index.fallbackMapping(parseMoid(moid))),
  );

  test.each<[string, string | undefined]>([
    ['urn:oma:mo:oma-dcmo:1.0/left/', 'urn:oma:mo:oma-dcmo:1.0'],
    ['oma:mo:oma-dcmo:1.0//', 'oma:mo:oma-dcmo:1.0'],
    ['URN:oma:mo:oma-scomo:1.0//', 'URN:oma:mo:oma-scomo:1.0'],
    ['urn%3Aoma%3Amo%3Aoma-dcmo%3A1.0//', 'urn%3Aoma%3Amo%3Aoma-dcmo%3A1.0'],
    ['com.example/1.2/Product/left', 'com.example/1.2/Product'],
    ['com.example/1.2/Product/Deep/left', 'com.example/1.2/Product/Deep'],
    ['com.example%2F1.2%2fProduct/Deep', 'com.example%2F1.2%2fProduct'],
    ['com.example/1.2%2FProduct//', 'com.example/1.2%2FProduct'],
    ['com.example/1.3/Product//', 'com.example'],
    ['com.example/1.2/Product', 'com.example'],
    ['com.example', undefined],
    ['org.example/1.2/Product//', undefined],
    ['%zz//', undefined],
    ['', undefined],
  ])('longestMoid finds at the beginning of "%s" the MOID %s, among MOIDs that begin alike', (text, moid) => {
    expect(nested.longestMoid(text)).toBe(moid);
  });

  test('longestMoid finds MOIDs that only the device has', () => {
    expect(vendor.longestMoid('org.x/1.0/Y/i/', [parseMoid('org.x/1.0/Y')])).toBe('org.x/1.0/Y');
  });
});

describe('descriptions', () => {
  const scomo = must(index.byMoid(parseMoid('urn:oma:mo:oma-scomo:1.0')));

  test('describeNode takes an un-named node for any name', () => {
    expect(describeNode(scomo, ['Inventory', 'Deployed', 'pkg1', 'Status'])).toMatchObject({
      name: 'Status',
      format: 'int',
      access: ['Get'],
    });
    expect(describeNode(scomo, ['Inventory', 'Deployed', 'pkg1', 'Operations', 'Remove'])?.access).toEqual(['Exec']);
  });

  test('describeNode describes the root, and no unknown node', () => {
    expect(describeNode(scomo, [])).toMatchObject({ name: 'SCOMO', format: 'node', occurrence: 'ZeroOrMore' });
    expect(describeNode(scomo, ['Inventory', 'Nowhere'])).toBeUndefined();
  });

  test.each([
    ['urn:oma:mo:oma-fumo:1.0', 'Download', 'Reversed-Domain-Name: org.openmobilealliance.dm.firmwareupdate.download'],
    ['urn:oma:mo:oma-fumo:1.0', 'State', undefined],
    ['urn:oma:mo:oma-scomo:1.0', 'Download/p/Operations/DownloadInstall', 'urn:oma:at:scomo:1.0:OperationComplete'],
    ['urn:oma:mo:oma-dcmo:1.0', 'Operations/Enable', 'urn:oma:at:dcmo:1.0:OperationComplete'],
    ['urn:oma:mo:oma-dcmo:1.0', 'Operations', undefined],
  ])('the EXEC of %s %s is completed by the alert type %s', (moid, path, type) => {
    expect(execAlertType(must(index.byMoid(parseMoid(moid))), path.split('/'))).toBe(type);
  });

  test('isHidden and hasVolatile include the nodes below a pattern', () => {
    const account = must(index.byMoid(parseMoid('urn:oma:mo:oma-dm-dmacc:1.2')));
    const diag = must(index.byMoid(parseMoid('urn:oma:mo:oma-diag:1.0')));
    expect(isHidden(account, ['Perm', '1', 'MOID'])).toBe(true);
    expect(isHidden(account, ['SrvID'])).toBe(false);
    expect(hasVolatile(diag, [])).toBe(true);
    expect(hasVolatile(diag, ['DiagMonData', 'Level'])).toBe(true);
    expect(hasVolatile(diag, ['Operations'])).toBe(false);
  });
});

test('an MO without a mapping is bridged by a default mapping', () => {
  expect(index.fallbackMapping(parseMoid(' urn:vendor:mo:radio-settings:3.1 '))).toMatchObject({
    moid: 'urn:vendor:mo:radio-settings:3.1',
    name: 'radio-settings',
    find: 'type',
    places: [],
    minimumAccess: true,
  });
});

test('ddfLink percent-encodes the slashes of a MOID', () => {
  const vendor = index.fallbackMapping(parseMoid('com.example/1.2/Product'));
  expect(index.ddfLink(vendor, 'http://127.0.0.1:8081/')).toBe(
    'http://127.0.0.1:8081/ddf/com.example%2F1.2%2FProduct.ddf',
  );
  expect(index.ddfLink(must(index.byMoid(parseMoid('urn:oma:mo:oma-dcmo:1.0'))), 'https://n')).toBe(
    'https://n/ddf/urn:oma:mo:oma-dcmo:1.0.ddf',
  );
});

test('two mappings cannot claim one MOID', () => {
  const one = index.fallbackMapping(parseMoid('urn:x:mo:a:1.0'));
  const other = { ...index.fallbackMapping(parseMoid('urn:x:mo:b:1.0')), aliases: [parseMoid('x:mo:a:1.0')] };
  expect(() => new MoIndex([one, other])).toThrow(/means urn:x:mo:a:1.0 already/);
});
