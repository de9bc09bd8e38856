/**
 * The answers that a procedure was given, as its run keeps them (see `procedure.ts`).
 *
 * A session is stored after every message, and what a device said about thousands of nodes stays in a log until the command
 * is done. A large answer is kept as JSON text: a store writes a large text once, and nobody reads it on the way.
 */
import type { PlainItem } from '../dm1/session-model.ts';
import type { WorkflowResult } from './workflow.ts';

/** An answer in a log. */
export type LoggedResult =
  | WorkflowResult
  | { readonly kind: 'packed'; readonly of: WorkflowResult['kind']; readonly json: string };

/** Characters of JSON above which an answer is packed. */
const LARGE = 8 * 1024;

/** The answer as a log keeps it. */
export function logged(answer: WorkflowResult): LoggedResult {
  if (!mayBeLarge(answer)) return answer;
  const json = JSON.stringify(answer);
  return json.length <= LARGE ? answer : { kind: 'packed', of: answer.kind, json };
}

/** Told without writing it down, for most answers are small. */
function mayBeLarge(answer: WorkflowResult): boolean {
  switch (answer.kind) {
    case 'device':
      return answer.outcomes.reduce((sum, { results }) => results.reduce(addItem, sum + ABOUT_ONE_ITEM), 0) > LARGE / 4;
    case 'recall':
      return (
        answer.recalled.length > LARGE / ABOUT_ONE_ITEM || answer.recalled.some(({ state }) => state === 'present')
      );
    case 'copy':
      return answer.copy !== undefined;
    default:
      return false;
  }
}

/** Characters of JSON, roughly. */
const ABOUT_ONE_ITEM = 128;

function addItem(sum: number, { data = '' }: PlainItem): number {
  return sum + ABOUT_ONE_ITEM + data.length;
}

/** The answer as it was given. */
export function unlogged(answer: LoggedResult): WorkflowResult {
  if (answer.kind !== 'packed') return answer;
  const given: WorkflowResult = JSON.parse(answer.json);
  return given;
}

/** Whether it answers an ask of that kind. */
export function isLogged(answer: LoggedResult, kind: WorkflowResult['kind']): boolean {
  return answer.kind === 'packed' ? answer.of === kind : answer.kind === kind;
}
