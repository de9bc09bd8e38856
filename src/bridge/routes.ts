/** The rules that lead a device to an account: in their order, the first match wins. */
import { hash } from 'node:crypto';
import { type DevId, deviceKey, parseDevId } from '../device/dev-id.ts';
import { globMatches } from '../mapping/glob.ts';

/** All given conditions must hold; without conditions every device matches. */
export interface RouteMatch {
  /** Glob over the DevId, compared without case. */
  readonly devId?: string;
  readonly devIds?: readonly string[];
  readonly manufacturer?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** Share of the devices, 0 to 100, by a stable hash of the DevId. */
  readonly percent?: number;
}

export interface Route {
  readonly match: RouteMatch;
  /** Name of the account. */
  readonly bridge: string;
}

/** The properties of a device that rules look at. */
export interface RoutedDevice {
  readonly devId: DevId;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly firmware?: string | undefined;
}

/** The account of the first rule that matches. */
export function routeOf(routes: readonly Route[], device: RoutedDevice): string | undefined {
  return routes.find(({ match }) => matches(match, device))?.bridge;
}

function matches(match: RouteMatch, { devId, manufacturer, model, firmware }: RoutedDevice): boolean {
  const key = deviceKey(devId);
  return (
    (match.devId === undefined || globMatches(match.devId.toLowerCase(), key)) &&
    (match.devIds === undefined || match.devIds.some((each) => deviceKey(parseDevId(each)) === key)) &&
    (match.manufacturer === undefined || match.manufacturer === manufacturer) &&
    (match.model === undefined || match.model === model) &&
    (match.firmware === undefined || match.firmware === firmware) &&
    (match.percent === undefined || shareOf(key) < match.percent)
  );
}

/** A number from 0 to below 100, the same on every bridge and after every restart. */
function shareOf(key: string): number {
  return (Number.parseInt(hash('sha256', key).slice(0, 8), 16) / 0x1_0000_0000) * 100;
}
