import { expect, test } from 'vitest';
import type { CommandResult } from '../../src/workflow/command-result.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';
import { resume, suspend, withResult } from '../../src/workflow/resume.ts';
import { requestDiscovered, requestMiid, type Workflow } from '../../src/workflow/workflow.ts';

const MIID: WorkflowResult = { kind: 'miid', miid: 'm' };
const ROOTS: WorkflowResult = { kind: 'discovered' };

/** A workflow with two requests, and how often it was begun. */
function counted() {
  let begun = 0;
  function* workflow(): Workflow<CommandResult> {
    const miid = yield* requestMiid('urn:x', './X');
    yield* requestDiscovered();
    return { status: 200, uris: [miid] };
  }
  const begin = () => {
    begun += 1;
    return workflow();
  };
  return { begin, count: () => begun };
}

/** A log at which a workflow of `begin` was left. */
function left(begin: () => Workflow<CommandResult>, ...answers: readonly WorkflowResult[]): readonly WorkflowResult[] {
  const log = [...answers];
  suspend(log, resume(log, begin));
  return log;
}

test('a paused workflow goes on with the answer, and is not begun again', () => {
  const { begin, count } = counted();
  const log = withResult(left(begin, MIID), ROOTS);
  expect(resume(log, begin).step).toEqual({ done: true, value: { status: 200, uris: ['m'] } });
  expect(count()).toBe(1);
});

test('without a new answer it still requests what it asked', () => {
  const { begin, count } = counted();
  expect(resume(left(begin, MIID), begin).step).toEqual({ done: false, value: { kind: 'discovered' } });
  expect(count()).toBe(1);
});

test('a log out of a store brings a new workflow to the same place', () => {
  const { begin, count } = counted();
  const stored = structuredClone(withResult(left(begin, MIID), ROOTS));
  expect(resume(stored, begin).step).toEqual({ done: true, value: { status: 200, uris: ['m'] } });
  expect(count()).toBe(2);
});

test('who goes on from the same log a second time gets a workflow of its own', () => {
  const { begin, count } = counted();
  const log = left(begin, MIID);
  const [one, other] = [withResult(log, ROOTS), withResult(log, ROOTS)];
  expect([resume(one, begin), resume(other, begin), resume(one, begin)].map(({ step }) => step.done)).toEqual([
    true,
    true,
    true,
  ]);
  expect(count()).toBe(3);
});
