/**
 * The proof that a request of the north listener comes from a backend: nothing on loopback, Basic, or a client certificate.
 *
 * An address that has failed ten times in a minute gets 429 for further wrong credentials. Right ones always pass, so that
 * guessing from behind a shared address does not lock a backend out.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Middleware } from 'koa';
import { HTTP } from '../http-status.ts';
import { refuseWithProblem } from './refuse.ts';

export type NorthAuth =
  | { readonly type: 'none' | 'mtls' }
  | { readonly type: 'basic'; readonly user: string; readonly password: string };

const MINUTE_MS = 60_000;
const MAX_FAILURES = 10;
/** Bounds the addresses that are counted; the one that began first goes first. */
const MAX_ADDRESSES = 10_000;

/** Lets requests of backends pass; `now` gives milliseconds of a clock that only goes forward. */
export function requireBackend(auth: NorthAuth, now: () => number = () => performance.now()): Middleware {
  switch (auth.type) {
    case 'none':
      return (_, next) => next();
    case 'mtls':
      return (context, next) => {
        const { socket } = context.req;
        if (socket instanceof TLSSocket && socket.authorized) return next();
        return refuseWithProblem(context, HTTP.forbidden, 'a client certificate of a known authority is required');
      };
    case 'basic':
      return requireBasic(`${auth.user}:${auth.password}`, now);
  }
}

function requireBasic(userAndPassword: string, now: () => number): Middleware {
  const right = digest(userAndPassword);
  const failures = new FailureCounter();
  return (context, next) => {
    const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(context.get('authorization')) ?? [];
    const given = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
    // The comparison of digests takes the same time for every length and content.
    if (given !== undefined && timingSafeEqual(digest(given), right)) return next();
    const wait = given === undefined ? 0 : failures.record(context.req.socket.remoteAddress ?? '', now());
    if (wait > 0) {
      context.set('Retry-After', String(Math.ceil(wait / 1_000)));
      return refuseWithProblem(context, HTTP.tooManyRequests, 'too many wrong credentials');
    }
    context.set('WWW-Authenticate', 'Basic realm="dmbridge", charset="UTF-8"');
    return refuseWithProblem(context, HTTP.unauthorized, 'user and password of a backend are required');
  };
}

/** Counts wrong credentials by address and minute. */
class FailureCounter {
  readonly #minutes = new Map<string, { readonly start: number; count: number }>();

  /** Returns the milliseconds until the address may fail again; 0: it may do so now. */
  record(address: string, now: number): number {
    const known = this.#minutes.get(address);
    const isCurrent = known !== undefined && now < known.start + MINUTE_MS;
    const minute = isCurrent ? known : { start: now, count: 0 };
    minute.count += 1;
    if (!isCurrent) this.#minutes.delete(address);
    this.#minutes.set(address, minute);
    const [oldest] = this.#minutes.keys();
    if (this.#minutes.size > MAX_ADDRESSES && oldest !== undefined) this.#minutes.delete(oldest);
    return minute.count > MAX_FAILURES ? minute.start + MINUTE_MS - now : 0;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
