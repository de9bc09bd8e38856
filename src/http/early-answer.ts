/**
 * Answers a request before all of its body has arrived.
 *
 * Many clients read the answer only when they have sent all of the body, and a connection that closes before that loses the
 * answer. So the rest is read and dropped, within bounds, and then the connection closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DeviceReply, sendReply } from './device-reply.ts';

const MAX_DROPPED_BYTES = 1024 * 1024;

/** Without a byte. */
const MAX_SILENCE_MS = 2_000;
/** A slow radio link needs long for the rest of a message. */
const MAX_DROPPING_MS = 30_000;

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
    clearTimeout(total);
    clearTimeout(silence);
    done();
  };
  const total = setTimeout(finish, MAX_DROPPING_MS);
  const silence = setTimeout(finish, MAX_SILENCE_MS);
  request.on('data', (chunk: Buffer) => {
    if (isOver) return;
    dropped += chunk.length;
    silence.refresh();
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
