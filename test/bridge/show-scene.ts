/** The backend and the pages of the tests of SHOW. */
import type { IncomingReply, OutgoingRequest } from '../../src/bridge/ports.ts';
import {
  type BackendScript,
  type BridgeUnderTest,
  commands,
  noCommands,
  replied,
  statusesIn,
} from './bridge-under-test.ts';

export const PAGE = 'http://backend.example.com/page';
export const HTML = { 'content-type': 'text/html; charset=utf-8' };
export const SHOW = ['SHOW', PAGE];

export interface Pages {
  /** The lists of commands, one for each package. */
  readonly lists: readonly (readonly (readonly string[])[])[];
  /** Pages by method and path, such as `GET /page`. */
  readonly pages: Readonly<
    Record<string, IncomingReply | ((request: OutgoingRequest) => IncomingReply | Promise<IncomingReply>)>
  >;
}

/** Plays the backend, and the server of the pages. */
export function scriptOf({ lists, pages }: Pages): BackendScript {
  let next = 0;
  return (request) => {
    if (request.purpose === 'package') {
      const list = lists[next];
      next += 1;
      return list === undefined ? noCommands() : commands(...list);
    }
    const page = pages[`${request.method} ${new URL(request.url).pathname}`];
    if (page === undefined) return replied('', 404);
    return typeof page === 'function' ? page(request) : page;
  };
}

/** The statuses that the backend got, of all packages. */
export function statuses(bridge: BridgeUnderTest): readonly number[] {
  return bridge.packages().flatMap((sent) => statusesIn(sent) ?? []);
}
