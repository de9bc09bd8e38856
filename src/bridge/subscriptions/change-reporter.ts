/**
 * Sends the reports of changes that are due (DM-2.0 §5.3.11).
 *
 * Neither the device nor its packages wait for a report. Before each PUT the report is put off in the store, so that a process
 * that is killed meanwhile leaves it to the next one.
 */

import { isServerUriRefusal } from '../../commands/accept-server-uri.ts';
import { failureOfReply } from '../../commands/resource.ts';
import { findSubscription, type Subscription, settled, withSubscription } from '../../device/subscription.ts';
import { withoutQuery } from '../../dm2/client-uri.ts';
import { negotiate } from '../../dm2/media-type.ts';
import type { TypedContent } from '../../dm2/package.ts';
import { HTTP, isHttpSuccess } from '../../http-status.ts';
import type { LogFacts, LogSubject } from '../../log-events.ts';
import type { Mutable } from '../../mutable.ts';
import type { Claim, Connection } from '../connections.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { BridgeOptions } from '../options.ts';
import type { IncomingReply, OutgoingRequest } from '../ports.ts';
import type { ChangeReport } from '../session.ts';
import { traceReply, traceRequest } from '../trace.ts';
import type { WorkParts } from '../turn.ts';
import { afterFailure } from './change-report.ts';

/** A process that was killed leaves a report so long to the next one; a reply takes no longer. */
const LEASE_MS = 90_000;

/** Replies after which the same content may be taken later (RFC 9110 §15.5, §15.6). */
const LATER: ReadonlySet<number> = new Set([
  HTTP.unauthorized,
  HTTP.requestTimeout,
  HTTP.tooEarly,
  HTTP.tooManyRequests,
]);

type Outcome =
  | { readonly kind: 'taken'; readonly contentType: string; readonly isOtherType: boolean }
  | { readonly kind: 'refused' | 'later'; readonly reason: string };

export class ChangeReporter {
  readonly #options: BridgeOptions;
  readonly #parts: WorkParts;
  /** By id of the report; bounded by the connections that background work may use. */
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();

  constructor(parts: WorkParts) {
    this.#options = parts.options;
    this.#parts = parts;
  }

  /** Begins to send a report; false: it is under way already, or no connection is free for it. */
  begin(report: ChangeReport): boolean {
    const { connections } = this.#parts;
    if (connections.isStopped || this.#underWay.has(report.id)) return false;
    const claim = connections.forBackground(report.devId, report.account);
    if (claim === undefined) return false;
    const sending = this.#send(claim, report)
      .catch((error: unknown) => this.#options.journal.log('background.failed', { device: report.devId, error }))
      .finally(() => {
        claim.end();
        this.#underWay.delete(report.id);
      });
    this.#underWay.set(report.id, sending);
    return true;
  }

  /** Resolves when no report is under way. */
  async drained(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.values());
  }

  async #send(claim: Claim, report: ChangeReport): Promise<void> {
    const { devices } = this.#parts;
    const subscription = await devices.inTurn(report.devId, (cell) => this.#takeUp(cell, report));
    if (subscription === undefined) return;
    const outcome = await this.#put(claim, report);
    // The next process sends it again, as after a kill.
    if (claim.isStopped) return;
    await devices.inTurn(report.devId, (cell) => this.#settle(cell, report, outcome));
  }

  /** Puts the report off; undefined when it is no news any more, and is removed. */
  async #takeUp(cell: DeviceCell | undefined, report: ChangeReport): Promise<Subscription | undefined> {
    if (cell === undefined) return undefined;
    const subscription = currentSubscription(cell, report);
    if (subscription === undefined || this.#options.accounts[report.account] === undefined)
      cell.removeReport(report.id);
    else cell.addReport({ ...report, dueAt: this.#options.clock.now() + LEASE_MS });
    await cell.commit();
    return subscription;
  }

  /** Sends the preferred form, and one other form when the repository asks for it (DM-2.0 §5.5). */
  async #put(claim: Claim, report: ChangeReport): Promise<Outcome> {
    const [first, ...others] = report.forms;
    if (first === undefined) return { kind: 'refused', reason: 'there is no content' };
    const reply = await this.#exchange(claim, report, first);
    const other = isUnsupportedType(reply) ? chooseOther(reply, others) : undefined;
    return other === undefined
      ? outcomeOf(reply, first.contentType, false)
      : outcomeOf(await this.#exchange(claim, report, other), other.contentType, true);
  }

  async #exchange(claim: Claim, report: ChangeReport, { contentType, content }: TypedContent): Promise<IncomingReply> {
    const connection = await claim.connect(report.account, this.#abort.signal);
    if (connection === undefined) return { failure: 'unreachable', reason: 'given up' };
    return await this.#sendOver(
      connection,
      {
        method: 'PUT',
        url: report.serverUri,
        headers: { 'content-type': contentType },
        body: content,
        account: report.account,
        purpose: 'repository',
      },
      report,
    );
  }

  async #sendOver(connection: Connection, request: OutgoingRequest, report: ChangeReport): Promise<IncomingReply> {
    // The session of the device goes on meanwhile.
    connection.leaveDevice();
    try {
      const place = { device: report.devId, session: report.id };
      traceRequest(this.#options, place, request);
      const reply = await this.#options.backend.send(request, this.#abort.signal);
      traceReply(this.#options, place, request, reply);
      return reply;
    } finally {
      connection.close();
    }
  }

  async #settle(cell: DeviceCell | undefined, report: ChangeReport, outcome: Outcome): Promise<void> {
    const subscription = cell && findSubscription(cell.record.subscriptions ?? [], report);
    // UNSUB has come meanwhile; the row goes when it is due.
    if (cell === undefined || subscription === undefined) return;
    const { clock, journal } = this.#options;
    const isNewest = subscription.pending === report.validator;
    const clientUri = withoutQuery(report.clientUri);
    const facts = { device: report.devId, account: report.account, clientUri };
    const again = outcome.kind === 'later' ? afterFailure(report, clock.now()) : undefined;
    if (outcome.kind === 'later') {
      if (isNewest && again !== undefined) cell.addReport(again);
      if (isNewest && again === undefined) giveUp(cell, subscription, report);
    } else {
      let after = settled(subscription, report.validator);
      if (outcome.kind === 'taken' && outcome.isOtherType) after = { ...after, contentType: outcome.contentType };
      // The content of now was compared with the old base.
      if (subscription.pending === undefined) after = { ...after, isDue: true };
      replaceSubscription(cell, after);
      if (isNewest) cell.removeReport(report.id);
    }
    await cell.commit();
    if (outcome.kind === 'taken') {
      journal.log('subscription.reported', { ...facts, contentType: outcome.contentType });
      return;
    }
    const { reason } = outcome;
    const failed: Mutable<LogFacts['subscription.failed']> & LogSubject = {
      ...facts,
      reason,
      outcome: again === undefined ? 'dropped' : 'kept',
    };
    if (again !== undefined) failed.nextReport = new Date(again.dueAt).toISOString();
    if (isServerUriRefusal(reason)) failed.isServerUriRefused = true;
    journal.log('subscription.failed', failed);
  }
}

/** The subscription whose newest content the report has. */
function currentSubscription({ record }: DeviceCell, report: ChangeReport): Subscription | undefined {
  const subscription = findSubscription(record.subscriptions ?? [], report);
  return subscription?.pending === report.validator ? subscription : undefined;
}

function replaceSubscription(cell: DeviceCell, subscription: Subscription): void {
  cell.record = {
    ...cell.record,
    subscriptions: withSubscription(cell.record.subscriptions ?? [], subscription),
  };
}

/** The base stays, so that the next change is reported. */
function giveUp(cell: DeviceCell, { pending: _, ...subscription }: Subscription, { id }: ChangeReport): void {
  replaceSubscription(cell, subscription);
  cell.removeReport(id);
}

function isUnsupportedType(reply: IncomingReply): reply is Extract<IncomingReply, { status: number }> {
  return 'status' in reply && reply.status === HTTP.unsupportedMediaType;
}

function chooseOther(
  reply: Extract<IncomingReply, { status: number }>,
  others: readonly TypedContent[],
): TypedContent | undefined {
  const accept = reply.headers['omadm-accept'];
  if (accept === undefined) return undefined;
  const chosen = negotiate(
    accept,
    others.map(({ contentType }) => contentType),
  );
  return others.find(({ contentType }) => contentType === chosen);
}

function outcomeOf(reply: IncomingReply, contentType: string, isOtherType: boolean): Outcome {
  const status = 'status' in reply ? reply.status : reply.answered;
  const reason = failureOfReply(reply);
  const isForbidden = 'failure' in reply && reply.failure === 'forbidden';
  if (status === undefined) return { kind: isForbidden ? 'refused' : 'later', reason };
  if (isHttpSuccess(status)) return { kind: 'taken', contentType, isOtherType };
  const isLater = status >= HTTP.internalServerError || LATER.has(status);
  return { kind: isLater ? 'later' : 'refused', reason };
}
