/**
 * The effects of Exec on a simulated device: a status at once, values that change, and a Generic Alert that may follow.
 *
 * @see DM-1.3 §6.7, DM-2.0 §5.4.1
 */
import { STATUS } from '../../syncml/status-codes.ts';
import type { Execution } from './execution.ts';
import type { WireItem } from './message.ts';
import { formatLocUri, readLocUri } from './tree.ts';

/** A Generic Alert that a device has to send (DM-1.3 §6.7). */
export interface PendingAlert {
  readonly type: string;
  readonly format: string;
  readonly data?: string | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly mark?: string | undefined;
  readonly correlator?: string | undefined;
  /** Sent in this session, or in Package#1 of the next one, which is the default. */
  readonly when?: 'thisSession' | 'nextSession' | undefined;
}

export interface ExecHandler {
  readonly status: number;
  /** New values of leaves, by LocURI. */
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly alert?: PendingAlert | undefined;
}

/**
 * Executes a node and returns the status code.
 *
 * The alert of the handler gets the Correlator of the command. Its Source is the node unless the handler names another.
 */
export function runExec(run: Execution, item: WireItem, correlator: string | undefined): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined || address.query !== undefined) return STATUS.badRequest;
  const node = run.tree.find(address.names);
  if (node === undefined) return STATUS.notFound;
  if (!node.access.has('Exec')) return STATUS.commandNotAllowed;
  if (!run.tree.allows(address.names, 'Exec', run.server)) return STATUS.permissionDenied;
  const handler = run.handlers[formatLocUri(address.names)];
  if (handler === undefined) return STATUS.optionalFeatureNotSupported;
  for (const [locUri, value] of Object.entries(handler.set ?? {})) run.tree.setValue(locUri, value);
  if (handler.alert !== undefined) {
    run.raised.push({ ...handler.alert, source: handler.alert.source ?? item.target, correlator });
  }
  return handler.status;
}
