import { toStorableAlert } from '../dm2/codec.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import { randomId } from './random-id.ts';

/** A Generic Alert for the ServerURI that an EXEC named. */
interface ReportToSend {
  readonly account: string;
  readonly serverUri: ServerUri;
  readonly alert: Dm2Alert;
}

/** Adds a report that a session of its own delivers as soon as possible (DM-2.0 §5.3.5). */
export function addExecReport({ random, clock }: BridgeOptions, cell: DeviceCell, report: ReportToSend): void {
  const alert = toStorableAlert(report.alert);
  cell.addReport({ ...report, alert, id: randomId(random, 12), devId: cell.record.devId, dueAt: clock.now() });
}
