/** The rule for a device of the registry. */
import type { DeviceRecord } from '../device/record.ts';
import type { Route, RouteFacts } from '../routing/route.ts';
import { firstBridgeRoute, firstRoute } from '../routing/table.ts';

/** The part of the facts that only a request tells. */
export type RequestFacts = Pick<RouteFacts, 'version' | 'userAgent' | 'path' | 'address'>;

/** The part of the facts that the registry tells. */
export function registryFacts({ values }: Pick<DeviceRecord, 'values'>): RegistryFacts {
  const { manufacturer, model, firmware, tags = '' } = values;
  return { manufacturer, model, firmware, tags: tags.split(/\s+/u).filter((tag) => tag !== '') };
}

export type RegistryFacts = Pick<RouteFacts, 'manufacturer' | 'model' | 'firmware' | 'tags'>;

/** The first rule that matches the device and its request. Without a request, no rule matches that asks for one. */
export function routeOf(
  routes: readonly Route[],
  record: Pick<DeviceRecord, 'devId' | 'values'>,
  request: RequestFacts = {},
): Route | undefined {
  return firstRoute(routes, factsOf(record, request));
}

/** The account of a session that is under way: that of the first rule with one that matches. */
export function accountOf(
  routes: readonly Route[],
  record: Pick<DeviceRecord, 'devId' | 'values'>,
  request: RequestFacts,
): { readonly account: string | undefined; readonly isLate: boolean } {
  const facts = factsOf(record, request);
  const account = firstBridgeRoute(routes, facts)?.bridge;
  const first = firstRoute(routes, facts);
  return { account, isLate: first !== undefined && !('bridge' in first) };
}

function factsOf(record: Pick<DeviceRecord, 'devId' | 'values'>, request: RequestFacts): RouteFacts {
  return { protocol: 'dm1', devId: record.devId, ...registryFacts(record), ...request };
}
