/** Compares a message that was sent with the step that expects it. */
import { expect } from 'vitest';
import { canonicalBody } from './canonical.ts';
import type { Step } from './parse.ts';
import { type Bindings, fillFrom } from './placeholders.ts';

/** A message as it crossed the wire. */
export interface ActualMessage {
  /** `POST http://…` or `HTTP/1.1 200`. */
  readonly startLine: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Compares first line, the headers of the step, and the body at once, so that a failure shows all differences. */
export function expectMessage(step: Step, actual: ActualMessage, bindings: Bindings): void {
  const sent = new Map(Object.entries(actual.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const got = {
    startLine: actual.startLine,
    headers: Object.fromEntries(Object.keys(step.headers).map((name) => [name, comparable(name, sent.get(name))])),
    body: bodyOf(sent.get('content-type') ?? '', actual.body),
  };
  const contentType = step.headers['content-type'] ?? sent.get('content-type') ?? '';
  const wanted = {
    startLine: step.startLine,
    headers: Object.fromEntries(Object.entries(step.headers).map(([name, value]) => [name, comparable(name, value)])),
    body: bodyOf(contentType, step.body),
  };
  expect(got, `line ${step.line}: ${step.kind}`).toEqual(fillFrom(wanted, got, bindings));
}

/** Removes the boundary of a multipart type, which the sender may choose. */
function comparable(name: string, value: string | undefined): string | undefined {
  return name === 'content-type' ? value?.replace(/;\s*boundary=.*$/iu, '') : value;
}

function bodyOf(contentType: string, text: string): unknown {
  return text.trim() === '' ? '' : canonicalBody(contentType, text);
}
