/**
 * Answers a request before all of its body has arrived.
 *
 * A client that is still sending may not see the answer when the connection closes at once. So the rest is read and dropped,
 * within bounds, and then the connection closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DeviceReply, sendReply } from './device-reply.ts';

const MAX_DROPPED_BYTES = 1024 * 1024;
const MAX_DROPPING_MS = 2_000;

/** Sends a reply that does not wait for the body. The connection goes on only behind a request without a body. */
export function answerEarly(request: IncomingMessage, response: ServerResponse, reply: DeviceReply): void {
  const { 'content-length': length, 'transfer-encoding': transferCoding } = request.headers;
  if (transferCoding === undefined && (length === undefined || length === '0')) {
    sendReply(response, reply);
    return;
  }
  const { status, headers, body } = reply;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' });
  // With the whole length sent, the client has the answer; `end` would close the connection.
  response.write(body);
  dropRest(request, () => response.end());
}

/** Reads and drops the rest of the body, within bounds. */
function dropRest(request: IncomingMessage, done: () => void): void {
  let dropped = 0;
  let isOver = false;
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    done();
  };
  const timer = setTimeout(finish, MAX_DROPPING_MS);
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped <= MAX_DROPPED_BYTES) return;
    request.pause();
    finish();
  });
  request.on('end', finish);
  request.on('close', finish);
  request.on('error', finish);
  request.resume();
  if (request.complete) finish();
}
