/**
 * Drives one DM 2.0 session: feeds inputs to its machine and performs the effects, which are requests to the backend and
 * the Data Repository, commands for the device, and changes of the device's cell.
 *
 * Before a request the session is stored with the intent. So after a restart a POST is known to have been under way, and is
 * not repeated. A GET of the Data Repository is made again (ADR 2); of many in a row only the first one is stored.
 */
import { step } from '../dm1/session.ts';
import type { Dm1Version } from '../dm1/session-model.ts';
import { assertNever } from '../errors.ts';
import { logEntry } from '../log-events.ts';
import type { NorthInput } from '../north/north-input.ts';
import type { NorthEffect, NorthEnvironment } from '../north/north-state.ts';
import { stepNorth } from '../north/step.ts';
import type { CacheEntryRequest } from '../workflow/request.ts';
import type { Claim, Connection } from './connections.ts';
import type { DeviceCell } from './device-cell.ts';
import { addExecReport } from './exec-report.ts';
import { addCacheEntry, hasCacheEntry, invalidateCache, readCacheEntry } from './mo-cache.ts';
import type { BridgeOptions } from './options.ts';
import { type LoadedState, withRefusal } from './outbox.ts';
import type { IncomingReply, OutgoingRequest } from './ports.ts';
import { boundRefused, hasTooManyRefused } from './refused-alerts.ts';
import type { DmSession } from './session.ts';
import { recordOwnValue } from './south-effects.ts';
import { addChangeReport, touchSubscriptions } from './subscriptions/changes.ts';
import { traceReply, traceRequest } from './trace.ts';
import { translationContext } from './translation-context.ts';

/** Identifies a DM 2.0 session of a device, with the settings that it works with. */
export interface NorthSessionRef {
  readonly northId: string;
  readonly account: string;
  readonly version: Dm1Version;
  readonly isWbxml: boolean;
  /** Name of the whole session in logs and traces. */
  readonly name: string;
  /** The report that this session delivers. */
  readonly reportId?: string;
}

/** The parts that a driver works with. */
interface DriverParts {
  readonly options: BridgeOptions;
  readonly cell: DeviceCell;
  /** The connections for its requests. */
  readonly claim: Claim;
}

type EffectOf<T extends NorthEffect['type']> = Extract<NorthEffect, { readonly type: T }>;
/** An effect that ends with an input for the machine. */
type AwaitedEffect = EffectOf<'request' | 'cacheReadRequested' | 'paused'>;

/** The DM 2.0 half of a device session. */
export function northSessionOf({ id, account, mediaType, south, north }: DmSession): NorthSessionRef {
  return { northId: north.id, account, version: south.version, isWbxml: isWbxmlType(mediaType), name: id };
}

function isWbxmlType(mediaType: string): boolean {
  return mediaType.toLowerCase().includes('+wbxml');
}

const GIVEN_UP: IncomingReply = { failure: 'unreachable', reason: 'given up' };

/** About as many as the body has. */
function bytesOf(reply: IncomingReply): number {
  if (!('status' in reply)) return 0;
  return 'text' in reply.body ? reply.body.text.length : reply.body.base64.length;
}

export class NorthDriver {
  readonly cell: DeviceCell;
  readonly session: NorthSessionRef;
  readonly #options: BridgeOptions;
  readonly #claim: Claim;
  /** The connection of the request that is under way. */
  #connection: Connection | undefined;
  /** True when the session has got something since its last commit that another process could not get again. */
  #mustStore = true;
  /** Aborted when the session must send nothing more and awaits no reply. */
  readonly #abort = new AbortController();
  /** Each ends the wait for the reply to a request that is under way. */
  readonly #waits = new Set<() => void>();
  /** Aborted when the session must send nothing more. */
  readonly #noMoreRequests = new AbortController();

  constructor({ options, cell, claim }: DriverParts, session: NorthSessionRef) {
    this.cell = cell;
    this.session = session;
    this.#options = options;
    this.#claim = claim;
  }

  /** Applies one input and everything that follows from it, until only the device can make the session go on. */
  async run(first: NorthInput): Promise<void> {
    this.#mustStore = true;
    const awaited: AwaitedEffect[] = [];
    let input: NorthInput | undefined = first;
    while (input !== undefined) {
      for (const state of this.#alertsNeeded()) await this.cell.loadAlerts(state);
      awaited.push(...this.#applyInput(input));
      if (hasTooManyRefused(this.cell)) await boundRefused(this.#options, this.cell, this.session.name);
      const effect = awaited.shift();
      input = effect === undefined ? undefined : await this.#perform(effect);
    }
  }

  /** The URL for packages; '' when the session has ended. */
  get url(): string {
    const north = this.cell.northState(this.session.northId)?.north;
    return north === undefined || north.phase === 'ended' ? '' : north.url;
  }

  /** True when a newer session goes first, and only the alerts of a request are still to be settled. */
  get isOvertaken(): boolean {
    return this.#noMoreRequests.signal.aborted;
  }

  /** Lets a newer session of the device go first: this one sends nothing more. */
  overtake(): void {
    this.#noMoreRequests.abort();
    this.#applyInput({ type: 'overtaken' });
    const north = this.cell.northState(this.session.northId)?.north;
    if (north?.phase !== 'posting') {
      this.#abort.abort();
      for (const giveUp of this.#waits) giveUp();
    }
    this.leaveDevice();
  }

  /** Lets requests of other sessions of the device leave, while a reply is still awaited. */
  leaveDevice(): void {
    this.#connection?.leaveDevice();
  }

  /** The work of this driver has ended. */
  end(): void {
    this.#claim.end();
  }

  /** The alerts that the next package may carry and that are in the store only. */
  #alertsNeeded(): readonly LoadedState[] {
    const north = this.cell.northState(this.session.northId)?.north;
    if (north === undefined || north.phase === 'ended' || north.report !== undefined) return [];
    const { loaded } = this.cell.outbox;
    const needed: LoadedState[] = [];
    if (loaded.kept === undefined) needed.push('kept');
    const isBefore = north.phase === 'waiting' || north.phase === 'starting';
    if (isBefore && loaded.held === undefined) needed.push('held');
    return needed;
  }

  /** Takes one step; returns the effects that are still to be performed. */
  #applyInput(input: NorthInput): AwaitedEffect[] {
    const { northId } = this.session;
    const state = this.cell.northState(northId);
    if (state === undefined) return [];
    const next = stepNorth(this.#environment(), state, input);
    this.cell.applyNorthState(next.state);
    const awaited: AwaitedEffect[] = [];
    for (const effect of next.effects) {
      const rest = this.#apply(effect);
      if (rest !== undefined) awaited.push(rest);
    }
    return awaited;
  }

  /** Applies an effect to the cell; returns it when it has to be awaited. */
  #apply(effect: NorthEffect): AwaitedEffect | undefined {
    const { cell } = this;
    switch (effect.type) {
      case 'request':
      case 'cacheReadRequested':
      case 'paused':
        return effect;
      case 'cacheEntryMade':
        addCacheEntry(this.#options, cell, this.session.name, effect.entry);
        return undefined;
      case 'treeChanged':
        invalidateCache(cell, effect.changes);
        touchSubscriptions(this.#options, cell, effect.changes);
        return undefined;
      case 'deviceCommands':
        this.#queueCommands(effect);
        return undefined;
      case 'delivered':
        cell.alertsDelivered(effect.seqs);
        return undefined;
      case 'setAside':
        cell.outbox = withRefusal(cell.outbox, effect.item);
        return undefined;
      case 'report': {
        const { serverUri, alert } = effect;
        addExecReport(this.#options, cell, { account: this.session.account, serverUri, alert });
        return undefined;
      }
      case 'changed':
        addChangeReport(this.#options, cell, this.session.account, effect);
        return undefined;
      case 'reportDelivered':
        if (this.session.reportId !== undefined) cell.reportDelivered(this.session.reportId);
        return undefined;
      case 'ownValues':
        for (const locUri of effect.locUris) recordOwnValue(this.#options, cell, locUri);
        return undefined;
      case 'log':
        logEntry(this.#options.journal, effect, this.#place());
        return undefined;
      default:
        return assertNever(effect);
    }
  }

  /** A session without its device queues none; it is about to get `deviceGone`, which gives the commands their status. */
  #queueCommands({ commands }: EffectOf<'deviceCommands'>): void {
    const { session } = this.cell;
    if (session?.north.id !== this.session.northId) return;
    const { session: south } = step(session.south, { type: 'commandsReady', commands });
    this.cell.session = { ...session, south };
  }

  async #perform(effect: AwaitedEffect): Promise<NorthInput> {
    switch (effect.type) {
      case 'paused':
        await this.#options.clock.nextTurn();
        return { type: 'resumed' };
      case 'request':
        return { type: 'replied', id: effect.id, reply: await this.#send(effect) };
      case 'cacheReadRequested': {
        const entry = await readCacheEntry(this.cell, effect.request, this.#options.clock.now());
        return entry === undefined ? { type: 'cacheRead', id: effect.id } : { type: 'cacheRead', id: effect.id, entry };
      }
      default:
        return assertNever(effect);
    }
  }

  /** Nothing is stored before there is a connection: until then the message may be turned away. */
  async #send(effect: EffectOf<'request'>): Promise<IncomingReply> {
    const connection = await this.#claim.connect(this.session.account, this.#noMoreRequests.signal);
    if (connection === undefined) return GIVEN_UP;
    this.#connection = connection;
    try {
      return await this.#exchange(effect);
    } finally {
      this.#connection = undefined;
      connection.close();
    }
  }

  async #exchange({ request, purpose }: EffectOf<'request'>): Promise<IncomingReply> {
    // Documents are fetched again after a restart, so that only other news since the last commit have to be stored.
    const isFetch = purpose !== 'package' && request.method === 'GET';
    if (!isFetch || this.#mustStore) await this.cell.commit();
    this.#mustStore = false;
    const outgoing: OutgoingRequest = { ...request, account: this.session.account, purpose };
    if (this.isOvertaken) return GIVEN_UP;
    traceRequest(this.#options, this.#place(), outgoing);
    const { signal } = this.#abort;
    const reply = await this.#unlessGivenUp(this.#options.backend.send(outgoing, signal));
    // The failure is that of the process that ends. The next one goes on from what is stored, as after a kill.
    if (this.#claim.isStopped) return await new Promise<never>(() => {});
    this.#mustStore ||= !isFetch;
    this.cell.messageBytes += bytesOf(reply);
    traceReply(this.#options, this.#place(), outgoing, reply);
    return reply;
  }

  /** The reply, unless the session gives it up before. */
  #unlessGivenUp(reply: Promise<IncomingReply>): Promise<IncomingReply> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingReply>();
    const giveUp = (): void => resolve(GIVEN_UP);
    const settle = <T>(end: (value: T) => void) => {
      return (value: T): void => {
        this.#waits.delete(giveUp);
        end(value);
      };
    };
    this.#waits.add(giveUp);
    reply.then(settle(resolve), settle(reject));
    return promise;
  }

  #environment(): NorthEnvironment {
    const { northId, account, name, version, isWbxml } = this.session;
    const context = translationContext(this.#options, account);
    if (context === undefined) throw new TypeError(`no account "${account}" for session ${name}`);
    const at = this.#options.clock.now();
    const outbox = this.cell.deliverableAlerts('kept', northId);
    const alertsUnderWay = this.cell.outbox.numbers.kept - outbox.length;
    const held = this.cell.deliverableAlerts('held', northId);
    const { maxCommands } = this.#options;
    const hasEntry = (request: CacheEntryRequest) => hasCacheEntry(this.cell, request, at);
    return { context, version, isWbxml, at, maxCommands, outbox, alertsUnderWay, held, hasCacheEntry: hasEntry };
  }

  #place(): { readonly device: string; readonly session: string } {
    return { device: this.cell.record.devId, session: this.session.name };
  }
}
