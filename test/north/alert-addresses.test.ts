import { describe, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import type { ManagedDevice } from '../../src/device/managed-device.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { needsDiscovery, withAlertInstances, withFixedInstances } from '../../src/north/alert-addresses.ts';
import type { Discovered } from '../../src/workflow/device-tree.ts';

const index = new MoIndex(loadMappings().mappings);
const device: ManagedDevice = {
  devId: parseDevId('IMEI:1'),
  values: {},
  facts: {},
  miids: {},
  pendingExecs: [],
  accountValues: {},
};
const SCOMO = parseMoid('urn:oma:mo:oma-scomo:1.0');
const from = (source: string) => [{ item: { source } }];
const rootsOf = (discovered: Discovered | undefined, source = './SCM/x') =>
  Object.values(withAlertInstances(index, device, from(source), discovered).miids).flatMap(Object.values);
const found = (locUri: string, type: Discovered['roots'][number]['type'] = '') => ({
  locUri: parseLocUri(locUri),
  type,
});

describe('the instance from which an alert comes', () => {
  test('is at the place of a mapping as long as the device was not searched', () => {
    expect(rootsOf(undefined)).toEqual(['./SCM']);
    expect(rootsOf(undefined, './DCMO/camera/Enabled')).toEqual(['./DCMO/camera']);
  });

  test('is one that the search has found, by its Type or, when none has the Type, by its place', () => {
    expect(rootsOf({ roots: [found('./SCM')] })).toEqual(['./SCM']);
    expect(rootsOf({ roots: [] })).toEqual([]);
    expect(rootsOf({ roots: [found('./SCM'), found('./Apps', SCOMO)] })).toEqual([]);
  });

  test('may be a child that was added after the search', () => {
    const unconfirmed = [parseLocUri('./DCMO')];
    expect(rootsOf({ roots: [], unconfirmed }, './DCMO/camera/Enabled')).toEqual(['./DCMO/camera']);
    expect(rootsOf({ roots: [] }, './DCMO/camera/Enabled')).toEqual([]);
  });

  test('needs no search when every device has it', () => {
    const alerts = [...from('./DevInfo/Lang'), ...from('./DevDetail/FwV')];
    const known = withFixedInstances(index, device, alerts);
    expect(Object.values(known.miids).flatMap(Object.values)).toEqual(['./DevInfo', './DevDetail']);
    expect(needsDiscovery(index, known, alerts)).toBe(false);
    // DM 2.0 has FwV in DevInfo, whichever of both the bridge has met first.
    const met = withFixedInstances(index, device, from('./DevDetail/LrgObj'));
    expect(Object.values(met.miids).flatMap(Object.values)).toEqual(['./DevDetail']);
    const both = withFixedInstances(index, met, from('./DevDetail/FwV'));
    expect(Object.values(both.miids).flatMap(Object.values)).toEqual(['./DevDetail', './DevInfo']);
    expect(withFixedInstances(index, device, from('./SCM/x'))).toBe(device);
    expect(needsDiscovery(index, device, from('./SCM/x'))).toBe(true);
  });
});
