/**
 * The nonces that one account may use, each with the challenge that it belongs to (RFC 7616 §3.4 `nc`, §3.5 `nextnonce`).
 *
 * A server that gives `nextnonce` may accept each nonce only once. Several requests may be under way, and the reply to each
 * brings one more nonce. So the nonces are collected, and each request takes one of its own while there is one.
 */
import type { DigestChallenge, DigestSession } from './digest-auth.ts';

/** One use of a nonce. */
export interface DigestUse {
  readonly challenge: DigestChallenge;
  /** The number of requests with this nonce, including this one. */
  readonly count: number;
  /** Of the challenge that its first nonce came with. */
  readonly session: DigestSession;
  /** Later nonces have higher numbers. */
  readonly serial: number;
}

/** Nonces that are kept for later requests: as many as one account has connections. */
const MAX_UNUSED = 128;
/** Nonces that are remembered, so that one which the server repeats does not start its count anew. */
const MAX_KNOWN = 512;

export class DigestNonces {
  #current: DigestUse | undefined;
  /** Oldest first. */
  #unused: readonly DigestUse[] = [];
  /** Oldest first. */
  readonly #known = new Set<string>();
  #serial = 0;

  /** The nonce for the next request; undefined before the first challenge. */
  next(): DigestUse | undefined {
    // The newest one, because nonces may expire.
    const fresh = this.#unused.at(-1);
    if (fresh !== undefined) {
      this.#unused = this.#unused.slice(0, -1);
      this.#current = fresh;
    } else if (this.#current !== undefined) {
      this.#current = { ...this.#current, count: this.#current.count + 1 };
    }
    return this.#current;
  }

  /** The first use of a new challenge. Nonces that are older than the one that the server has `rejected` are given up. */
  challenged(challenge: DigestChallenge, rejected: DigestUse | undefined, cnonce: string): DigestUse {
    const limit = rejected?.serial ?? 0;
    this.#unused = this.#unused.filter(({ serial }) => serial > limit);
    this.#current = this.#firstUse(challenge, { nonce: challenge.nonce, cnonce });
    return this.#current;
  }

  /** Adds the `nextnonce` in the reply to a request with credentials. */
  offer(nonce: string, { challenge, session }: DigestUse): void {
    if (this.#known.has(nonce)) return;
    this.#unused = [...this.#unused, this.#firstUse({ ...challenge, nonce }, session)].slice(-MAX_UNUSED);
  }

  #firstUse(challenge: DigestChallenge, session: DigestSession): DigestUse {
    this.#known.add(challenge.nonce);
    const [oldest] = this.#known;
    if (oldest !== undefined && this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
    this.#serial += 1;
    return { challenge, count: 1, session, serial: this.#serial };
  }
}
