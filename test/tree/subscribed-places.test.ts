/** Which subscriptions a change of the device may concern. */
import { describe, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { newDeviceRecord } from '../../src/device/record.ts';
import type { Subscription } from '../../src/device/subscription.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';
import { withRead, withTouched } from '../../src/tree/subscribed-places.ts';

const index = new MoIndex(loadMappings().mappings);
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';

function device(clientUri: string) {
  const record = newDeviceRecord(parseDevId('IMEI:1'), { user: 'u', md5: '', sha256: '', basic: '' });
  const subscription: Subscription = { account: 'main', clientUri, serverUri: 'http://b/', base: 'x', checkedAt: 0 };
  const roots = { Camera: parseLocUri('./DCMO/Camera'), Radio: parseLocUri('./DCMO/Radio') };
  return { ...record, miids: { [DCMO]: roots }, subscriptions: [subscription] };
}

function isDue(clientUri: string, locUri: string, change: TreeChange['change'] = 'value'): boolean {
  const touched = withTouched(index, device(clientUri), [{ locUri: parseLocUri(locUri), change }]);
  return touched.subscriptions?.[0]?.isDue === true;
}

describe('a change', () => {
  test.each<[string, string, boolean]>([
    [`${DCMO}/Camera`, './DCMO/Camera/Property', true],
    [`${DCMO}/Camera`, './DCMO/Camera', true],
    [`${DCMO}/Camera`, './DCMO', true],
    [`${DCMO}/Camera`, './DCMO/Radio/Property', false],
    [`${DCMO}/Camera`, './DCMO/Video', false],
    [`${DCMO}/Camera/Property`, './DCMO/Camera', true],
    [`${DCMO}/Camera/Property`, './DCMO/Camera/Ext', false],
    [`${DCMO}/*/Property`, './DCMO/Radio/Property', true],
    [`${DCMO}/*/Property`, './DCMO/Radio/Ext', false],
    [`${DCMO}/*`, './DCMO/Video', true],
    [`${DCMO}//`, './DCMO/Video', true],
    [`${DCMO}/(x)/Property?nv=(x)/Enabled:1`, './DCMO/Video', true],
    [`${DCMO}/*`, './DevDetail/FwV', false],
    ['urn:oma:mo:none:1.0/1', './DevDetail/FwV', true],
  ])('a subscription to %s, a change at %s: %s', (clientUri, locUri, expected) => {
    expect(isDue(clientUri, locUri)).toBe(expected);
  });

  test('a device without subscriptions, and a change that concerns none, give the same device', () => {
    const { subscriptions: _, ...without } = device(`${DCMO}/Camera`);
    const changes: readonly TreeChange[] = [{ locUri: parseLocUri('./DevDetail'), change: 'instance' }];
    expect(withTouched(index, without, changes)).toBe(without);
    const subscribed = device(`${DCMO}/Camera`);
    expect(withTouched(index, subscribed, changes)).toBe(subscribed);
  });
});

test.each<[string, string, boolean]>([
  [`${DCMO}/Camera`, './DCMO/Camera', true],
  [`${DCMO}/Camera`, './DCMO', true],
  [`${DCMO}/Camera`, './DCMO/Camera/Property', false],
  [`${DCMO}/Camera/Property`, './DCMO/Camera/Property', true],
  [`${DCMO}/*`, './DCMO/Radio', true],
])('a subscription to %s, a read of %s: %s', (clientUri, locUri, expected) => {
  const read = withRead(index, device(clientUri), [parseLocUri(locUri)]);
  expect(read.subscriptions?.[0]?.isDue === true).toBe(expected);
});
