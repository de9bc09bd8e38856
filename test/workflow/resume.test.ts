/** A workflow is resumed from its replay log: the suspended generator in the same process, else a new one that is replayed. */
import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { CommandResult } from '../../src/workflow/command-result.ts';
import { fingerprintOf } from '../../src/workflow/fingerprint.ts';
import { type ReplayLogEntry, recordResult } from '../../src/workflow/replay-log.ts';
import type { WorkflowRequest } from '../../src/workflow/request.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';
import { resume, type SuspendedWorkflow, suspend, withEntry } from '../../src/workflow/resume.ts';
import type { SessionRequest, WorkflowSession } from '../../src/workflow/session-calls.ts';
import { requestDiscovered, requestFacts, requestMiid, type Workflow } from '../../src/workflow/workflow.ts';

function entry(request: WorkflowRequest, result: WorkflowResult): ReplayLogEntry {
  return recordResult(fingerprintOf(request), result);
}

const MIID = entry(
  { kind: 'miid', moid: parseMoid('urn:x'), root: parseLocUri('./X') },
  { kind: 'miid', miid: parseMiid('m') },
);
const DISCOVERED = entry({ kind: 'discovered' }, { kind: 'discovered' });
const ENDED = { done: true, value: { status: 200, uris: ['m'] } };

/** A workflow with two requests, and the number of times that it was started. */
function counted(): { start: () => Workflow<CommandResult>; count: () => number } {
  let started = 0;
  function* workflow(): Workflow<CommandResult> {
    const miid = requestMiid(parseMoid('urn:x'), parseLocUri('./X'));
    yield* requestDiscovered();
    return { status: 200, uris: [miid] };
  }
  const start = () => {
    started += 1;
    return workflow();
  };
  return { start, count: () => started };
}

function resumed(log: readonly ReplayLogEntry[], start: () => Workflow<CommandResult>): SuspendedWorkflow {
  const workflow = resume(log, start);
  if ('mismatchAt' in workflow) throw new Error(`mismatch at ${workflow.mismatchAt}`);
  return workflow;
}

/** A log at which the workflow is suspended. */
function suspended(start: () => Workflow<CommandResult>, ...entries: ReplayLogEntry[]): readonly ReplayLogEntry[] {
  suspend(entries, resumed(entries, start));
  return entries;
}

describe('resume', () => {
  test('a suspended workflow goes on with the next result, and is not started again', () => {
    const { start, count } = counted();
    const log = withEntry(suspended(start, MIID), DISCOVERED);
    expect(resumed(log, start).step).toEqual(ENDED);
    expect(count()).toBe(1);
  });

  test('a suspended workflow without a new result still makes its last request', () => {
    const { start, count } = counted();
    expect(resumed(suspended(start, MIID), start).step).toEqual({ done: false, value: { kind: 'discovered' } });
    expect(count()).toBe(1);
  });

  test('a log from a store brings a new workflow to the same place', () => {
    const { start, count } = counted();
    const stored: readonly ReplayLogEntry[] = JSON.parse(JSON.stringify(withEntry(suspended(start, MIID), DISCOVERED)));
    expect(resumed(stored, start).step).toEqual(ENDED);
    expect(count()).toBe(2);
  });

  test('each resumption from the same log has a workflow of its own', () => {
    const { start, count } = counted();
    const log = suspended(start, MIID);
    const [one, other] = [withEntry(log, DISCOVERED), withEntry(log, DISCOVERED)];
    const steps = [resumed(one, start), resumed(other, start), resumed(one, start)].map(({ step }) => step.done);
    expect(steps).toEqual([true, true, true]);
    expect(count()).toBe(3);
  });
});

describe('a replay', () => {
  function* asking(...requests: readonly WorkflowRequest[]): Workflow<CommandResult> {
    for (const request of requests) yield request;
    return { status: 200 };
  }
  function* failing(after: number): Workflow<CommandResult> {
    if (after > 0) requestMiid(parseMoid('urn:x'), parseLocUri('./X'));
    if (after > 1) yield* requestDiscovered();
    throw new RangeError('a fault');
  }

  test.each<[string, () => Workflow<CommandResult>, number]>([
    ['a request of another kind', () => asking({ kind: 'facts' }), 0],
    ['other parameters', () => asking({ kind: 'miid', moid: parseMoid('urn:y'), root: parseLocUri('./X') }), 0],
    [
      'another second request',
      () => asking({ kind: 'miid', moid: parseMoid('urn:x'), root: parseLocUri('./X') }, { kind: 'facts' }),
      1,
    ],
    ['no second request', () => asking({ kind: 'miid', moid: parseMoid('urn:x'), root: parseLocUri('./X') }), 1],
    ['a failure instead of the first request', () => failing(0), 0],
    ['a failure instead of the second request', () => failing(1), 1],
  ])('a replay of a workflow with %s finds the mismatch', (_, start, mismatchAt) => {
    expect(resume([MIID, DISCOVERED], start)).toEqual({ mismatchAt });
  });

  test('a replay does not compare the request after the end of the log', () => {
    const start = () => asking({ kind: 'miid', moid: parseMoid('urn:x'), root: parseLocUri('./X') }, { kind: 'facts' });
    expect(resumed([MIID], start).step.value).toEqual({ kind: 'facts' });
  });

  test('a replay throws the error that the workflow throws after the last result', () => {
    expect(() => resume([MIID, DISCOVERED], () => failing(2))).toThrow(new RangeError('a fault'));
  });
});

describe('a call to the session', () => {
  const [moid, root] = [parseMoid('urn:x'), parseLocUri('./X')];
  const live = (): { readonly session: WorkflowSession; readonly calls: SessionRequest[] } => {
    const calls: SessionRequest[] = [];
    const answer = (request: SessionRequest): WorkflowResult | undefined => {
      calls.push(request);
      return request.kind === 'miid' ? { kind: 'miid', miid: parseMiid('live') } : undefined;
    };
    return { session: { answer }, calls };
  };
  function* naming(): Workflow<CommandResult> {
    const uris = [requestMiid(moid, root)];
    yield* requestDiscovered();
    uris.push(requestMiid(moid, root));
    return { status: 200, uris };
  }

  test('a call of a replayed workflow gets the recorded result; after the last one the session answers', () => {
    const { session, calls } = live();
    expect(resume([MIID, DISCOVERED], naming, session)).toMatchObject({ step: { value: { uris: ['m', 'live'] } } });
    expect(calls).toEqual([{ kind: 'miid', moid, root }]);
  });

  test('a call of a suspended workflow that goes on is answered by the session', () => {
    const { session } = live();
    const log = [MIID];
    suspend(log, resumed(log, naming));
    const step = resume(withEntry(log, DISCOVERED), naming, session);
    expect(step).toMatchObject({ step: { value: { uris: ['m', 'live'] } } });
  });

  test('a request without an immediate result is yielded', () => {
    const { session, calls } = live();
    expect(resume([], naming, session)).toMatchObject({ step: { value: { kind: 'discovered' } } });
    expect(calls.map(({ kind }) => kind)).toEqual(['miid', 'discovered']);
  });

  test('a call that the log does not have is a mismatch, also when the workflow catches the error and goes on', () => {
    const { session, calls } = live();
    const anew = (): CommandResult => ({ status: 200, uris: [requestMiid(moid, root)] });
    function* catching(): Workflow<CommandResult> {
      try {
        requestFacts();
      } catch {
        return anew();
      }
      return yield* naming();
    }
    expect(resume([MIID, DISCOVERED], catching, session)).toEqual({ mismatchAt: 0 });
    expect(calls).toEqual([]);
  });

  test('a call outside a session throws', () => {
    expect(() => requestMiid(moid, root)).toThrow(TypeError);
    expect(() => naming().next()).toThrow(TypeError);
  });
});
