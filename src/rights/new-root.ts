/**
 * The creator of an MO instance has it for itself: HGET gives the root of a new one an ACL with all commands for this
 * server alone. A device that does not take it keeps what the node inherits, and the instance stays (DM-2.0 §10).
 */
import { ACL_COMMANDS, formatAcl } from '../dm1/acl.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { regionOf, toCommand, type Write } from '../tree/write-plan.ts';
import { emit, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { ownAuthority } from './authority.ts';

/** Sets the ACLs of the roots that were just made. */
export function* claimRoots(context: TranslationContext, roots: readonly LocUri[]): Workflow<void> {
  const server = ownAuthority(context);
  if (server === '*' || roots.length === 0) return;
  const value = formatAcl(new Map(ACL_COMMANDS.map((command) => [command, new Set([server])])));
  const writes = roots.map((locUri): Write => {
    return { name: 'Replace', locUri, property: 'ACL', node: { name: 'ACL', format: 'chr', value } };
  });
  const outcomes = yield* writeOnDevice(writes.map(toCommand), writes.map(regionOf));
  for (const [at, locUri] of roots.entries()) {
    const status = outcomes[at]?.status ?? 500;
    if (!isExecuted(status)) yield* emit({ type: 'log', event: 'acl.not_set', facts: { locUri, status } });
  }
}
