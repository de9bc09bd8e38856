/** Sends a Package#0 to a DM Client over HTTP. */
import { request } from 'undici';
import type { PlannedNotification } from './campaign.ts';
import { writePackage0 } from './package0.ts';

/** The bytes of a planned Package#0; `now` is milliseconds since 1970. */
export function plannedPackage0(
  { id, connections, requestMos }: PlannedNotification,
  secret: string | undefined,
  now: number,
): Buffer {
  const options = { connections, notificationId: id, timestamp: Math.floor(now / 1_000), requestMos };
  return writePackage0(options, secret === undefined ? undefined : { secret: Buffer.from(secret) });
}

/** Returns the HTTP status. */
export async function postPackage0(clientUrl: string, devId: string, message: Buffer): Promise<number> {
  const reply = await request(`${clientUrl}/notifications/${encodeURIComponent(devId)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.syncml.dm.notification' },
    body: message,
  });
  await reply.body.dump();
  return reply.statusCode;
}
