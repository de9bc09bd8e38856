/** Runs Exec on a simulated device. */
import { STATUS } from '../../syncml/status-codes.ts';
import type { Execution } from './execution.ts';
import type { WireItem } from './message.ts';
import { formatLocUri, readLocUri } from './tree.ts';

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
