/** The result of a command whose workflow fails. */
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { DmError, HTTP_STATUS } from '../errors.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { Workflow } from '../workflow/workflow.ts';

/**
 * The workflow that `start` makes, with a result for every failure: a fault of the command itself is 400 or 415, anything
 * else 500. The next command is executed all the same.
 */
export function* withFailureResult(start: () => Workflow<CommandResult>): Workflow<CommandResult> {
  try {
    return yield* start();
  } catch (error) {
    return { status: statusOfFailure(error), reason: error instanceof Error ? reasonOf(error) : 'unknown' };
  }
}

function statusOfFailure(error: unknown): number {
  if (!(error instanceof DmError)) return DM2_STATUS.internalError;
  if (error.code === 'ERR_MO_DATA_SHAPE') return DM2_STATUS.unsupportedMediaType;
  return Math.min(HTTP_STATUS[error.code], DM2_STATUS.internalError);
}

function reasonOf(error: Error): string {
  return error instanceof DmError ? error.message : `${error.name}: ${error.message}`;
}
