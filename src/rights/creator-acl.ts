/**
 * The ACL of a new MO instance: HGET gives its root an ACL with all commands for this server alone, as its creator. A device
 * that refuses it keeps the inherited ACL, and the instance stays (DM-2.0 §10).
 */
import { ACL_COMMANDS, formatAcl } from '../dm1/acl.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { changeOf, toCommand, type Write } from '../tree/write-plan.ts';
import { settleUnanswered } from '../tree/writing/unanswered-writes.ts';
import { emit, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { ownAuthority } from './maid.ts';

/** Sets the ACLs of roots that were just added. */
export function* setCreatorAcls(context: TranslationContext, roots: readonly LocUri[]): Workflow<void> {
  const server = ownAuthority(context);
  if (server === '*' || roots.length === 0) return;
  const value = formatAcl(new Map(ACL_COMMANDS.map((command) => [command, new Set([server])])));
  const writes = roots.map((locUri): Write => {
    return { name: 'Replace', locUri, property: 'ACL', node: { name: 'ACL', format: 'chr', value } };
  });
  const sent = yield* writeOnDevice(writes.map(toCommand), writes.map(changeOf));
  const outcomes = yield* settleUnanswered(writes, sent, []);
  for (const [at, locUri] of roots.entries()) {
    const status = outcomes[at]?.status ?? STATUS.commandFailed;
    if (!isExecuted(status)) emit({ type: 'log', event: 'acl.not_set', facts: { locUri, status } });
  }
}
