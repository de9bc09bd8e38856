/**
 * The HTTP client of one way of delivery. Its targets are the operator's own, so the allow-list of ServerURIs does not apply;
 * redirects are not followed.
 */
import { Agent } from 'undici';
import { isHttpSuccess } from '../../http-status.ts';
import type { DeliveryOutcome } from '../../notification/delivery-outcome.ts';
import { MAX_REFUSAL_BYTES, refusalBody } from '../reply-body.ts';
import { Cancellation, sendRequest } from '../response-reader.ts';
import { clientTlsOptions } from '../tls-options.ts';
import type { HttpDeliverySettings } from './delivery-settings.ts';

export interface PushRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

export interface PushReply {
  readonly status: number;
  /** At most 64 KiB; '' for a longer one. */
  readonly body: string;
}

export class PushClient {
  readonly #settings: HttpDeliverySettings;
  readonly #agent: Agent;
  readonly #underWay = new Set<Cancellation>();

  constructor(settings: HttpDeliverySettings) {
    const { timeout, tls } = settings;
    this.#settings = settings;
    const tlsOptions = tls === undefined ? { minVersion: 'TLSv1.2' as const } : clientTlsOptions(tls);
    this.#agent = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { ...tlsOptions, timeout } });
  }

  /** The reply, or the reason why there is none. Never throws. */
  async send({ method, url, headers, body }: PushRequest): Promise<PushReply | DeliveryOutcome> {
    const { timeout, credentials } = this.#settings;
    const all: Record<string, string> = { ...headers };
    if (credentials !== undefined) all.authorization = basic(credentials);
    const cancellation = new Cancellation();
    this.#underWay.add(cancellation);
    const timer = setTimeout(cancellation.cancel, timeout);
    try {
      const { origin, pathname, search } = new URL(url);
      const path = `${pathname}${search}`;
      // The connection of a device's own URL would not be used again.
      const request = { origin, path, method, headers: all, body: body ?? null, reset: true } as const;
      const response = await sendRequest(this.#agent, request, () => MAX_REFUSAL_BYTES, cancellation);
      const text = Buffer.from(await refusalBody(response)).toString('utf8');
      return { status: response.status, body: text };
    } catch (error) {
      return { kind: 'failed', reason: cancellation.isCancelled ? 'no whole answer in time' : reasonOf(error) };
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(cancellation);
    }
  }

  /** Cuts off the requests that still run. */
  async close(): Promise<void> {
    for (const cancellation of this.#underWay) cancellation.cancel();
    await this.#agent.destroy();
  }
}

/** True for a reply, and false for the reason why there is none. */
export function isReply(reply: PushReply | DeliveryOutcome): reply is PushReply {
  return 'status' in reply;
}

/** True when the body matches the expression of a good answer, or there is none. */
export function isAcceptedBody({ status, body }: PushReply, accepted: RegExp | undefined): boolean {
  return !isHttpSuccess(status) || accepted === undefined || accepted.test(body);
}

function basic({ user, password }: NonNullable<HttpDeliverySettings['credentials']>): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/** Names no host and no header. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return `the connection failed (${code})`;
}
