/** Responses to devices as plain values, and how they are sent: the same bytes for each way that a request takes. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

export interface DeviceReply {
  readonly status: number;
  /** Without Content-Length. A list has one header line for each value. */
  readonly headers: Readonly<OutgoingHttpHeaders>;
  readonly body: string | Uint8Array;
}

/** One line of plain text. */
export function textReply(status: number, line: string, headers: DeviceReply['headers'] = {}): DeviceReply {
  return {
    status,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    body: `${line.replaceAll(/[\r\n]+/g, ' ')}\n`,
  };
}

/** Sends a reply behind a request that has been read. */
export function sendReply(response: ServerResponse, { status, headers, body }: DeviceReply): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
