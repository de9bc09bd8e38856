import { expect, test } from 'vitest';
import { extended, pause, resume } from '../../src/workflow/resume.ts';
import type { CommandResult } from '../../src/workflow/workflow.ts';
import { requestDiscovered, requestMiid, type Workflow, type WorkflowResult } from '../../src/workflow/workflow.ts';

const MIID: WorkflowResult = { kind: 'miid', miid: 'm' };
const ROOTS: WorkflowResult = { kind: 'roots' };

/** A procedure with two asks, and how often it was begun. */
function counted() {
  let begun = 0;
  function* procedure(): Workflow<CommandResult> {
    const miid = yield* requestMiid('urn:x', './X');
    yield* requestDiscovered();
    return { status: 200, uris: [miid] };
  }
  const begin = () => {
    begun += 1;
    return procedure();
  };
  return { begin, count: () => begun };
}

/** A log at which a procedure of `begin` was left. */
function left(begin: () => Workflow<CommandResult>, ...answers: readonly WorkflowResult[]): readonly WorkflowResult[] {
  const log = [...answers];
  pause(log, resume(log, begin));
  return log;
}

test('a paused procedure goes on with the answer, and is not begun again', () => {
  const { begin, count } = counted();
  const log = extended(left(begin, MIID), ROOTS);
  expect(resume(log, begin).step).toEqual({ done: true, value: { status: 200, uris: ['m'] } });
  expect(count()).toBe(1);
});

test('without a new answer it still asks what it asked', () => {
  const { begin, count } = counted();
  expect(resume(left(begin, MIID), begin).step).toEqual({ done: false, value: { kind: 'roots' } });
  expect(count()).toBe(1);
});

test('a log out of a store brings a new procedure to the same place', () => {
  const { begin, count } = counted();
  const stored = structuredClone(extended(left(begin, MIID), ROOTS));
  expect(resume(stored, begin).step).toEqual({ done: true, value: { status: 200, uris: ['m'] } });
  expect(count()).toBe(2);
});

test('who goes on from the same log a second time gets a procedure of its own', () => {
  const { begin, count } = counted();
  const log = left(begin, MIID);
  const [one, other] = [extended(log, ROOTS), extended(log, ROOTS)];
  expect([resume(one, begin), resume(other, begin), resume(one, begin)].map(({ step }) => step.done)).toEqual([
    true,
    true,
    true,
  ]);
  expect(count()).toBe(3);
});
