/**
 * The answers that a procedure was given, as its run keeps them (see `procedure.ts`).
 *
 * A session is stored after every message, and what a device said about thousands of nodes stays in a log until the command
 * is done. A large answer is kept as JSON text: a store writes a large text once, and nobody reads it on the way.
 */
import type { Answer } from './procedure.ts';

/** An answer in a log. */
export type LoggedAnswer = Answer | { readonly kind: 'packed'; readonly of: Answer['kind']; readonly json: string };

/** The kinds that may be large. */
const PACKABLE: ReadonlySet<Answer['kind']> = new Set(['device', 'recall', 'copy']);
/** Characters of JSON above which an answer is packed. */
const LARGE = 8 * 1024;

/** The answer as a log keeps it. */
export function logged(answer: Answer): LoggedAnswer {
  if (!PACKABLE.has(answer.kind)) return answer;
  const json = JSON.stringify(answer);
  return json.length <= LARGE ? answer : { kind: 'packed', of: answer.kind, json };
}

/** The answer as it was given. */
export function unlogged(answer: LoggedAnswer): Answer {
  if (answer.kind !== 'packed') return answer;
  const given: Answer = JSON.parse(answer.json);
  return given;
}

/** Whether it answers an ask of that kind. */
export function isLogged(answer: LoggedAnswer, kind: Answer['kind']): boolean {
  return answer.kind === 'packed' ? answer.of === kind : answer.kind === kind;
}
