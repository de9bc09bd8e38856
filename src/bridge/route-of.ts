/** The rule for a device of the registry. */
import type { DeviceRecord } from '../device/record.ts';
import type { Route, RouteFacts } from '../routing/route.ts';
import { firstRoute } from '../routing/table.ts';

/** The part of the facts that only a request tells. */
export type RequestFacts = Pick<RouteFacts, 'version' | 'userAgent' | 'path' | 'address'>;

/** The first rule that matches the device and its request. Without a request, no rule matches that asks for one. */
export function routeOf(
  routes: readonly Route[],
  { devId, values }: Pick<DeviceRecord, 'devId' | 'values'>,
  request: RequestFacts = {},
): Route | undefined {
  const { manufacturer, model, firmware, tags = '' } = values;
  const device = { devId, manufacturer, model, firmware, tags: tags.split(/\s+/u).filter((tag) => tag !== '') };
  return firstRoute(routes, { protocol: 'dm1', ...device, ...request });
}
