/** The DDF documents that the bridge serves. Writing a large one lets other work go on in between. */
import type { Clock } from '../../bridge/ports.ts';
import { ddfParts } from '../../mapping/ddf-write.ts';
import type { MoMapping } from '../../mapping/mapping.ts';

type TurnClock = Pick<Clock, 'monotonic' | 'nextTurn'>;

/** Bounds the time for which writing a document holds up other work. */
const TURN_MS = 5;

/** The documents that were asked for, one for each mapping. Those of vendors have up to tens of thousands of nodes. */
const documents = new WeakMap<MoMapping, Promise<string>>();

/** Returns the DDF of the MO. It is written once. */
export function ddfDocument(mapping: MoMapping, clock: TurnClock): Promise<string> {
  const known = documents.get(mapping);
  if (known !== undefined) return known;
  const document = joinInTurns(ddfParts(mapping), clock);
  documents.set(mapping, document);
  return document;
}

/** Joins the parts, and gives way to other work after each turn. */
async function joinInTurns(parts: Iterable<string>, clock: TurnClock): Promise<string> {
  let text = '';
  let turnEnd = clock.monotonic() + TURN_MS;
  for (const part of parts) {
    text += part;
    if (clock.monotonic() < turnEnd) continue;
    await clock.nextTurn();
    turnEnd = clock.monotonic() + TURN_MS;
  }
  return text;
}
