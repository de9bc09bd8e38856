/** Which account a device belongs to: ordered rules, first match wins (design: routing). */
import { hash } from 'node:crypto';
import { deviceKey } from '../device/dev-id.ts';
import { globMatches } from '../mapping/glob.ts';
import type { Route, RouteMatch } from './options.ts';

/** What rules look at. */
export interface RoutedDevice {
  readonly devId: string;
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
    (match.devIds === undefined || match.devIds.some((each) => deviceKey(each) === key)) &&
    (match.manufacturer === undefined || match.manufacturer === manufacturer) &&
    (match.model === undefined || match.model === model) &&
    (match.firmware === undefined || match.firmware === firmware) &&
    (match.percent === undefined || shareOf(key) < match.percent)
  );
}

/** 0 ≤ share < 100, the same on every bridge and after every restart. */
function shareOf(key: string): number {
  return (Number.parseInt(hash('sha256', key).slice(0, 8), 16) / 0x1_0000_0000) * 100;
}
