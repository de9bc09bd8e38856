/** The results of workflows that throw: a status for the kind of fault, and a reason. */
import { describe, expect, test } from 'vitest';
import { withFailureResult } from '../../src/commands/failure-result.ts';
import { BackendError, DecodeError, MappingError } from '../../src/errors.ts';
import type { CommandResult } from '../../src/workflow/command-result.ts';
import { requestDiscovered, type Workflow } from '../../src/workflow/workflow.ts';

function* failing(error: unknown): Workflow<CommandResult> {
  yield* requestDiscovered();
  throw error;
}

describe('a workflow that throws', () => {
  test.each<[string, unknown, number, string]>([
    ['a malformed ClientURI', new DecodeError('ERR_CLIENT_URI_SYNTAX', 'not a ClientURI'), 400, 'not a ClientURI'],
    ['data of another shape', new DecodeError('ERR_MO_DATA_SHAPE', 'no object'), 415, 'no object'],
    ['an MO without mapping', new MappingError('ERR_NO_MAPPING', 'no mapping'), 500, 'no mapping'],
    ['a backend that fails', new BackendError('ERR_BACKEND_UNREACHABLE', 'refused'), 500, 'refused'],
    ['a fault of the program', new RangeError('too large'), 500, 'RangeError: too large'],
    ['a value that is not an error', 'text', 500, 'unknown'],
  ])('because of %s ends with the status of the fault', (_, error, status, reason) => {
    const workflow = withFailureResult(() => failing(error));
    expect(workflow.next().value).toEqual({ kind: 'discovered' });
    const end = workflow.next({ kind: 'discovered' });
    expect(end).toEqual({ done: true, value: { status, reason } });
  });

  test('while it is created has a result, too', () => {
    const workflow = withFailureResult(() => {
      throw new RangeError('at once');
    });
    expect(workflow.next()).toEqual({ done: true, value: { status: 500, reason: 'RangeError: at once' } });
  });
});
