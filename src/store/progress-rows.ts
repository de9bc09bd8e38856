/** The rows of `progress`: version, session and last answer of each device, which change with every message. */
import type { DeviceChange, IdlePage, IdleSession } from '../bridge/ports.ts';
import { CLOSED_SESSION_RECOGNIZED_MS, type DmSession, type StoredAnswer } from '../bridge/session.ts';
import { type DevId, deviceKey, parseDevId } from '../device/dev-id.ts';
import type { RowOwner } from './cache-rows.ts';
import { LargeTexts, type PackedSession } from './large-texts.ts';
import type { SecretBox } from './secret-box.ts';
import { encodeAnswer, numberOf, type Row, textOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

/** The row of a device before a change. */
interface ProgressRow {
  readonly owner: RowOwner;
  /** The number of large texts to which its session refers. */
  readonly large: number;
  /** Of its open session. */
  readonly token: string | undefined;
}

export class ProgressRows {
  readonly #sql: Statements;
  readonly #box: SecretBox;
  readonly #large = new LargeTexts();

  constructor(sql: Statements, box: SecretBox) {
    this.#sql = sql;
    this.#box = box;
  }

  /** Writes the session and the answer of a change. */
  apply({ owner, large, token }: ProgressRow, version: number, { session, answer }: DeviceChange): void {
    const { id, devId, guarded } = owner;
    const packed = session ? this.#large.pack(session, large > 0) : undefined;
    if (session !== undefined) this.#applyLarge(id, large, packed);
    // The index changes only at the beginning and at the end of a session.
    const openToken = openTokenOf(session);
    if (session !== undefined && openToken !== token) this.#sql.setToken.run(openToken ?? null, id);
    const answerColumn = answer ? encodeAnswer(answer, devId, guarded, this.#box) : null;
    const sessionColumn = packed?.json ?? null;
    const openSince = openSinceMessage(session);
    const expiresAt = expiryOf(session, answer);
    if (session === undefined && answer === undefined) this.#sql.setVersion.run(id);
    else if (session === undefined) this.#sql.setAnswer.run(version, answerColumn, expiresAt, id);
    else if (answer === undefined) this.#sql.setSession.run(version, sessionColumn, openSince, expiresAt, id);
    else this.#sql.setBoth.run(version, sessionColumn, openSince, expiresAt, answerColumn, id);
  }

  decodeSession(row: Row): DmSession | undefined {
    if (typeof row.session !== 'string') return undefined;
    const id = numberOf(row, 'id');
    return this.#large.unpack(row.session, (name) => textOf(this.#sql.largeText.get(id, name) ?? {}, 'text'));
  }

  deviceOfToken(token: string): DevId | undefined {
    const row = this.#sql.deviceOfToken.get(token);
    return row === undefined ? undefined : parseDevId(textOf(row, 'dev_id'));
  }

  /** Two ranges of one index: the sessions between them, which may be very many, are not looked at. */
  idleSessions({ before, now = Number.MAX_SAFE_INTEGER, after, limit }: IdlePage): readonly IdleSession[] {
    const from = after?.lastMessageAt ?? Number.MIN_SAFE_INTEGER;
    const key = after === undefined ? '' : deviceKey(after.devId);
    const rows = this.#sql.openBefore.all(from, from, key, before, limit);
    if (rows.length < limit) {
      const ahead = Math.max(now, before - 1, from - 1);
      rows.push(...this.#sql.openAfter.all(ahead, from, key, limit - rows.length));
    }
    return rows.map((row) => ({ devId: parseDevId(textOf(row, 'dev_id')), lastMessageAt: numberOf(row, 'at') }));
  }

  /** Removes sessions that ended and answers that no longer count; returns the row ids of their devices. */
  removeExpired(now: number, limit: number, ahead = Number.MAX_SAFE_INTEGER): readonly number[] {
    const rows = this.#sql.expired.all(now, limit);
    if (rows.length < limit) rows.push(...this.#sql.expiredAhead.all(Math.max(ahead, now), limit - rows.length));
    for (const row of rows) this.#shrink(row);
    return rows.map((row) => numberOf(row, 'device'));
  }

  /** Takes session and answer out. A row that only became shorter would keep its page, so it is made anew. */
  #shrink(row: Row): void {
    const id = numberOf(row, 'device');
    this.#applyLarge(id, numberOf(row, 'large'), undefined);
    this.#sql.removeProgress.run(id);
    const [kept, held, refused] = [numberOf(row, 'kept'), numberOf(row, 'held'), numberOf(row, 'refused')];
    this.#sql.addProgress.run(id, numberOf(row, 'version'), kept, held, refused);
  }

  /** Writes the texts that the session refers to, and removes the others. */
  #applyLarge(id: number, before: number, packed: PackedSession | undefined): void {
    const texts = packed?.texts ?? new Map<string, string>();
    if (before === 0 && texts.size === 0) return;
    const present = new Set(this.#sql.largeNames.all(id).map((row) => textOf(row, 'name')));
    for (const name of present) {
      if (texts.has(name)) continue;
      this.#sql.removeLarge.run(id, name);
      this.#large.drop(name);
    }
    for (const [name, text] of texts) if (!present.has(name)) this.#sql.addLarge.run(id, name, text);
    this.#sql.setLarge.run(texts.size, id);
  }
}

function openTokenOf(session: DmSession | null | undefined): string | undefined {
  return session && session.closedAt === undefined ? session.token : undefined;
}

/** Null for a session that ended: it can no longer become idle. */
function openSinceMessage(session: DmSession | null | undefined): number | null {
  return session && session.closedAt === undefined ? session.lastMessageAt : null;
}

/** When session and answer may leave the store; null while they count. An answer outside any session says so itself. */
function expiryOf(session: DmSession | null | undefined, answer: StoredAnswer | null | undefined): number | null {
  if (session?.closedAt !== undefined) return session.closedAt + CLOSED_SESSION_RECOGNIZED_MS;
  return session ? null : (answer?.expiresAt ?? null);
}
