/** The conversation with devices and backends, message by message, for traces and the demonstration. */
import type { TraceEntry } from '../log-events.ts';
import type { Mutable } from '../mutable.ts';
import type { DeviceAnswer } from './device-request.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { BridgeOptions } from './options.ts';
import type { IncomingReply, OutgoingRequest } from './ports.ts';

/** The device and the name of the session that a message belongs to; '' where there is none. */
export interface TracePlace {
  readonly device: string;
  readonly session: string;
}

export function traceMessage({ journal }: BridgeOptions, place: TracePlace, { request, at }: IncomingMessage): void {
  if (journal.trace === undefined) return;
  journal.trace({
    ...place,
    at,
    direction: 'device→bridge',
    summary: `POST ${request.token ?? ''}`.trimEnd(),
    contentType: request.contentType,
    // Computed when it is read, because most journals do not.
    get body() {
      return bodyText(request.contentType, request.body);
    },
  });
}

export function traceAnswer(
  { journal, clock }: BridgeOptions,
  place: TracePlace,
  { request }: IncomingMessage,
  answer: DeviceAnswer,
): void {
  if (journal.trace === undefined) return;
  journal.trace({
    ...place,
    at: clock.now(),
    direction: 'bridge→device',
    summary: `${answer.status}`,
    contentType: request.contentType,
    get body() {
      return bodyText(request.contentType, answer.body);
    },
  });
}

export function traceRequest({ journal, clock }: BridgeOptions, place: TracePlace, request: OutgoingRequest): void {
  if (journal.trace === undefined) return;
  const { method, url, headers, body, purpose } = request;
  const direction = purpose === 'package' ? 'bridge→backend' : 'bridge→repository';
  // The answers of users are in no trace.
  const isForm = purpose === 'page';
  const shown = isForm ? url.replace(/\?.*/su, '') : url;
  const entry: TraceEntry = { ...place, at: clock.now(), direction, summary: `${method} ${shown}` };
  journal.trace(isForm ? entry : withContent(entry, headers['content-type'], body));
}

export function traceReply(
  { journal, clock }: BridgeOptions,
  place: TracePlace,
  { purpose }: OutgoingRequest,
  reply: IncomingReply,
): void {
  if (journal.trace === undefined) return;
  const direction = purpose === 'package' ? 'backend→bridge' : 'repository→bridge';
  const summary = 'failure' in reply ? `${reply.failure}: ${reply.reason}` : `${reply.status}`;
  const entry: TraceEntry = { ...place, at: clock.now(), direction, summary };
  if ('failure' in reply) journal.trace(entry);
  else journal.trace(withContent(entry, reply.headers['content-type'], reply.body));
}

function withContent(entry: TraceEntry, contentType: string | undefined, content: OutgoingRequest['body']): TraceEntry {
  if (content === undefined) return entry;
  const result: Mutable<TraceEntry> = { ...entry };
  if (contentType !== undefined) result.contentType = contentType;
  const text = 'text' in content ? content.text : content.base64;
  if (text !== '') result.body = text;
  return result;
}

function bodyText(contentType: string, body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString(contentType.endsWith('+xml') ? 'utf8' : 'base64');
}
