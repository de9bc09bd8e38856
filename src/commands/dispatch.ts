/** The workflow of each command. */

import { parseCommand } from '../dm2/command.ts';
import type { WireCommand } from '../dm2/package.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { storeDefault } from './default.ts';
import { deleteNodes } from './delete.ts';
import { exec } from './exec.ts';
import { get } from './get.ts';
import { hget } from './hget.ts';
import { upload } from './hput.ts';
import { show } from './show.ts';
import { subscribe, unsubscribe } from './subscribe.ts';

/** The workflow of one command of Package#2. */
export function* workflowOf(
  context: TranslationContext,
  wire: WireCommand,
  accept: string | undefined,
): Workflow<CommandResult> {
  const command = parseCommand(wire);
  switch (command.kind) {
    case 'GET':
      return yield* get(context, command.clientUri);
    case 'HGET':
      return yield* hget(context, command.serverUri, command.clientUri);
    case 'HPUT':
    case 'HPOST': {
      const method = command.kind === 'HPUT' ? 'PUT' : 'POST';
      const { serverUri, clientUris } = command;
      return yield* upload(context, { method, serverUri, clientUris, accept });
    }
    case 'DELETE':
      return yield* deleteNodes(context, command.clientUri);
    case 'EXEC':
      return yield* exec(context, command.clientUri, command.serverUri);
    case 'CONT':
      return continueAt(context, command.serverUri);
    case 'END':
      return { status: DM2_STATUS.ok, end: true };
    case 'invalid':
      return { status: command.status };
    case 'SHOW':
      return yield* show(context, command.serverUri);
    case 'DEFAULT':
      return storeDefault(context, command.serverUri, command.moid);
    case 'SUB':
      return yield* subscribe(context, command.serverUri, command.clientUri);
    case 'UNSUB':
      return yield* unsubscribe(context, command.clientUri);
  }
}

/** CONT: all packages from Package#3 of this exchange on go to the new URI (DM-2.0 §5.3.8). */
function continueAt(context: TranslationContext, serverUri: string): CommandResult {
  const accepted = acceptServerUri(context, serverUri);
  if ('refusal' in accepted) return { status: DM2_STATUS.internalError, reason: accepted.refusal };
  return { status: DM2_STATUS.ok, continueAt: accepted.uri };
}
