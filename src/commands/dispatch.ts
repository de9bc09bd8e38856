/** Which workflow carries out which command, and what a command becomes that cannot be tried. */

import type { ManagedDevice } from '../device/managed-device.ts';
import { parseCommand } from '../dm2/command.ts';
import type { WireCommand } from '../dm2/package.ts';
import { DmError, HTTP_STATUS } from '../errors.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { acceptServerUri, serverUriValues } from './accept-server-uri.ts';
import { deleteNodes } from './delete.ts';
import { exec, type ServerUriValues } from './exec.ts';
import { get } from './get.ts';
import { hget } from './hget.ts';
import { upload } from './hput.ts';

/** The workflow of one command of Package#2; deterministic, so that its log can be replayed. */
export function workflowOf(
  context: TranslationContext,
  device: ManagedDevice,
  wire: WireCommand,
  accept: string | undefined,
): Workflow<CommandResult> {
  const command = parseCommand(wire);
  const values = serverUriValues(device);
  switch (command.kind) {
    case 'GET':
      return get(context, command.clientUri);
    case 'HGET':
      return hget(context, values, command.serverUri, command.clientUri);
    case 'HPUT':
    case 'HPOST': {
      const method = command.kind === 'HPUT' ? 'PUT' : 'POST';
      const { serverUri, clientUris } = command;
      return upload(context, values, { method, serverUri, clientUris, accept });
    }
    case 'DELETE':
      return deleteNodes(context, command.clientUri);
    case 'EXEC':
      return exec(context, values, command.clientUri, command.serverUri);
    case 'CONT':
      return continueAt(context, values, command.serverUri);
    case 'END':
      return answer({ status: 200, end: true });
    case 'invalid':
      return answer({ status: command.status });
    case 'SHOW':
    case 'DEFAULT':
    case 'SUB':
    case 'UNSUB':
      return answer({ status: 501 });
  }
}

/** What a command becomes whose workflow threw: its own fault is 400 or 415, anything else 500; the next one runs all the same. */
export function resultOfFailure(error: unknown): { readonly result: CommandResult; readonly reason: string } {
  if (error instanceof DmError) {
    const status = error.code === 'ERR_MO_DATA_SHAPE' ? 415 : HTTP_STATUS[error.code];
    return { result: { status: status < 500 ? status : 500 }, reason: error.message };
  }
  return { result: { status: 500 }, reason: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' };
}

// biome-ignore lint/correctness/useYield: a workflow that needs nothing is still a procedure
function* answer(result: CommandResult): Workflow<CommandResult> {
  return result;
}

/** CONT: this very package's Package#3 goes to the new URI (DM-2.0 §5.3.8). */
function* continueAt(context: TranslationContext, values: ServerUriValues, serverUri: string): Workflow<CommandResult> {
  const url = yield* acceptServerUri(context, values, serverUri);
  return url === undefined ? { status: 500 } : { status: 200, continueAt: url };
}
