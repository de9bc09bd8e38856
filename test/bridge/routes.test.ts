/** Routes: the rules that lead a device to an account. */
import { expect, test } from 'vitest';
import { type RoutedDevice, type RouteMatch, routeOf } from '../../src/bridge/routes.ts';
import { parseDevId } from '../../src/device/dev-id.ts';

const DEVICE: RoutedDevice = {
  devId: parseDevId('IMEI:493005'),
  manufacturer: 'Maker',
  model: 'Phone',
  firmware: '7.1',
};

test.each<[string, RouteMatch, boolean]>([
  ['no condition', {}, true],
  ['a glob of the DevId', { devId: 'IMEI:49*' }, true],
  ['a glob of the DevId in other case', { devId: 'imei:49*' }, true],
  ['a glob of other DevIds', { devId: 'IMEI:50*' }, false],
  ['a list with the DevId in other case', { devIds: ['IMEI:1', 'imei:493005'] }, true],
  ['a list of other DevIds', { devIds: ['IMEI:1'] }, false],
  ['the manufacturer', { manufacturer: 'Maker' }, true],
  ['another manufacturer', { manufacturer: 'Other' }, false],
  ['the model', { model: 'Phone' }, true],
  ['another model', { model: 'phone' }, false],
  ['the firmware', { firmware: '7.1' }, true],
  ['another firmware', { firmware: '7' }, false],
  ['all of these', { devId: 'IMEI:*', manufacturer: 'Maker', model: 'Phone', firmware: '7.1', percent: 100 }, true],
  ['all but one of these', { devId: 'IMEI:*', manufacturer: 'Maker', model: 'Other' }, false],
])('a route with %s decides whether the device takes it', (_, match, isTaken) => {
  expect(routeOf([{ match, bridge: 'main' }], DEVICE)).toBe(isTaken ? 'main' : undefined);
});

test('a device without the property takes no route that asks for it', () => {
  expect(routeOf([{ match: { model: 'Phone' }, bridge: 'main' }], { devId: DEVICE.devId })).toBeUndefined();
});

test('the first matching route wins', () => {
  const routes = [
    { match: { model: 'Other' }, bridge: 'first' },
    { match: { model: 'Phone' }, bridge: 'second' },
    { match: {}, bridge: 'third' },
  ];
  expect(routeOf(routes, DEVICE)).toBe('second');
});

test('a route with a percentage takes that share of the devices, and a larger share takes them, too', () => {
  const devices = Array.from({ length: 2000 }, (_, at) => parseDevId(`IMEI:${at}`));
  const share = (percent: number) =>
    devices.filter((devId) => routeOf([{ match: { percent }, bridge: 'main' }], { devId }) !== undefined);
  expect([share(0).length, share(100).length]).toEqual([0, 2000]);
  expect(share(25).length).toBeGreaterThan(400);
  expect(share(25).length).toBeLessThan(600);
  expect(share(50)).toEqual(expect.arrayContaining(share(25)));
});

test('the share of a device does not depend on the case of its DevId', () => {
  const routes = Array.from({ length: 101 }, (_, percent) => ({ match: { percent }, bridge: `${percent}` }));
  const account = routeOf(routes, DEVICE);
  expect(account).toBeDefined();
  expect(routeOf(routes, { devId: parseDevId('imei:493005') })).toBe(account);
});
