/** The northbound half of the conversation, for the trace. */
import type { BridgeOptions } from './options.ts';
import type { IncomingReply, OutgoingRequest } from './ports.ts';

export interface TracePlace {
  readonly device: string;
  readonly session: string;
}

export function traceRequest({ journal, clock }: BridgeOptions, place: TracePlace, request: OutgoingRequest): void {
  const { method, url, headers, body, purpose } = request;
  journal.trace({
    at: clock.now(),
    ...place,
    direction: purpose === 'package' ? 'bridge→backend' : 'bridge→repository',
    summary: `${method} ${url}`,
    ...contentOf(headers['content-type'], body),
  });
}

export function traceReply(
  { journal, clock }: BridgeOptions,
  place: TracePlace,
  request: OutgoingRequest,
  reply: IncomingReply,
): void {
  const direction = request.purpose === 'package' ? 'backend→bridge' : 'repository→bridge';
  if ('failure' in reply) {
    journal.trace({ at: clock.now(), ...place, direction, summary: `${reply.failure}: ${reply.reason}` });
    return;
  }
  const { status, headers, body } = reply;
  journal.trace({
    at: clock.now(),
    ...place,
    direction,
    summary: `${status}`,
    ...contentOf(headers['content-type'], body),
  });
}

function contentOf(
  contentType: string | undefined,
  body: OutgoingRequest['body'],
): { contentType?: string; body?: string } {
  if (body === undefined) return {};
  const text = 'text' in body ? body.text : body.base64;
  return { ...(contentType === undefined ? {} : { contentType }), ...(text === '' ? {} : { body: text }) };
}
