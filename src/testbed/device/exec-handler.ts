/**
 * What an Exec does on a simulated device: a status at once, values that change, and perhaps a Generic Alert later.
 *
 * @see DM-1.3 §6.7, DM-2.0 §5.4.1
 */
import type { WireItem } from './message.ts';
import { readLocUri } from './tree.ts';
import type { TreeAccess } from './tree-operations.ts';

/** A Generic Alert that a device has to tell (DM-1.3 §6.7). */
export interface PendingAlert {
  readonly type: string;
  readonly format: string;
  readonly data?: string | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly mark?: string | undefined;
  readonly correlator?: string | undefined;
  /** Told in this session already, or first in Package#1 of the next one. */
  readonly when?: 'thisSession' | 'nextSession' | undefined;
}

export interface ExecHandler {
  readonly status: number;
  /** Leaves that the operation sets, by LocURI. */
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly alert?: PendingAlert | undefined;
}

/** Executes a node; an alert that completes it carries the Correlator and, unless said otherwise, the node as Source. */
export function runExec(
  access: TreeAccess,
  handlers: Readonly<Record<string, ExecHandler>>,
  raised: PendingAlert[],
  item: WireItem,
  correlator: string | undefined,
): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined || address.query !== undefined) return 400;
  const node = access.tree.find(address.names);
  if (node === undefined) return 404;
  if (!node.access.has('Exec')) return 405;
  if (!access.tree.allows(address.names, 'Exec', access.server)) return 425;
  const handler = handlers[`./${address.names.join('/')}`];
  if (handler === undefined) return 406;
  for (const [uri, value] of Object.entries(handler.set ?? {})) access.tree.setValue(uri, value);
  if (handler.alert !== undefined) {
    raised.push({ ...handler.alert, source: handler.alert.source ?? item.target, correlator });
  }
  return handler.status;
}
