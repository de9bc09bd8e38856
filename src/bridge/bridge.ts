/**
 * The bridge: handles the messages of devices. `handleInTurn` shows the steps of one message in their order; each step has a
 * file in `steps/`.
 */
import type { Acceptance } from '../auth/auth-decision.ts';
import { GuessingGuard } from '../auth/guessing.ts';
import { devIdOf, parseDevId } from '../device/dev-id.ts';
import { isPackageOne, isSessionlessReport } from '../dm1/stateless-answers.ts';
import { assertNever, OverloadError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import type { ParsedMessage } from '../syncml/parse.ts';
import { ActiveDevices } from './active-devices.ts';
import { AnswerEncoder } from './answer-encoder.ts';
import { Background } from './background.ts';
import { answered, type BridgeParts, type Outcome } from './bridge-parts.ts';
import { Connections } from './connections.ts';
import { type DeviceCell, sessionIn } from './device-cell.ts';
import { continueWithoutDevice } from './device-gone.ts';
import type { BodyPart, DeviceAnswer, DeviceRequest, LongBodyVerdict } from './device-request.ts';
import { withoutFutureTimes } from './future-times.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { judgeLongBody } from './long-bodies.ts';
import { type LookUp, lookUpMessage } from './look-up.ts';
import { MessagesInWork } from './messages-in-work.ts';
import { acceptPackage0, type KnownQuirks, type Package0Result } from './notifications/accept-package0.ts';
import { NotificationSender } from './notifications/notification-sender.ts';
import { openDeviceSession } from './open-session.ts';
import { OpenSessions } from './open-sessions.ts';
import {
  type AlertName,
  type PutBackResult,
  putAlertBack,
  type RefusedQuery,
  refusedAlerts,
} from './operator-outbox.ts';
import type { BridgeOptions } from './options.ts';
import { OwnFailures } from './own-failures.ts';
import type { ListedAlert } from './ports.ts';
import { noteEnd } from './recent-end.ts';
import { nulError, orderError } from './refusal-errors.ts';
import { RefusedMessages } from './refused-messages.ts';
import { seenRecord } from './seen-record.ts';
import type { DmSession } from './session.ts';
import { isTrailingNulRefused } from './south-effects.ts';
import { handleAfterEnd } from './steps/after-end.ts';
import { decodeRequest } from './steps/decode-request.ts';
import { judgeMessage, mayAwaitAnswer } from './steps/judge-message.ts';
import { handleOutsideSession } from './steps/outside-session.ts';
import { answerSessionMessage, handleSessionMessage } from './steps/session-message.ts';
import { handleReport } from './steps/sessionless-report.ts';
import { toDeviceAnswer } from './steps/stored-answer.ts';
import { StoredTimes } from './stored-times.ts';
import { traceAnswer } from './trace.ts';
import type { Reply, Turn, WorkParts } from './turn.ts';
import { unknownDevice } from './unknown-device.ts';
import { UnreadableMessages } from './unreadable-messages.ts';
import { challenge, delayed } from './wrong-credentials.ts';

export interface Bridge {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
  /** True for the token of an open session that this process knows. */
  isOpenSession(token: string): boolean;
  /** Judges a long body of which this part has arrived: only an authenticated sender may send it. */
  judgeLongBody(request: DeviceRequest, part: BodyPart): Promise<LongBodyVerdict>;
  /** Tells the place of a message and the facts of its device; changes nothing. */
  lookUp(request: DeviceRequest, parsed: ParsedMessage): Promise<LookUp>;
  /** The alerts that backends have refused for good, device by device. */
  refusedAlerts(query: RefusedQuery): Promise<readonly ListedAlert[]>;
  /** Puts a refused alert back, so that the next Package#1 of its device carries it. */
  putAlertBack(name: AlertName): Promise<PutBackResult>;
  /** A Package#0 for the device of this DevID; an accepted one is stored, and its first sending begins. */
  acceptPackage0(devId: string, bytes: Uint8Array): Promise<Package0Result>;
  /** Closes sessions that timed out, sends notifications and delivers reports that are due; the edge calls it from time to time. */
  runBackground(): Promise<void>;
  /** Resolves when no work is under way. */
  drained(): Promise<void>;
  /** The process ends: no further request leaves, and replies count no more. Work that is under way does not end. */
  stop(): void;
}

/** The message has changed nothing and may come again. */
const TURNED_AWAY: DeviceAnswer = {
  status: HTTP.serviceUnavailable,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '5' },
  body: Buffer.from('too many messages wait: try again later\n'),
};

export function createBridge(options: BridgeOptions): Bridge {
  const devices = new ActiveDevices(options);
  const connections = new Connections(options);
  const sessions = new OpenSessions(options.clock);
  const failures = new OwnFailures(options.clock, sessions);
  const times = new StoredTimes(options.clock);
  const work: WorkParts = { options, devices, connections, failures, times };
  const parts: BridgeParts = {
    options,
    devices,
    connections,
    failures,
    times,
    unreadable: new UnreadableMessages(work, sessions),
    guessing: new GuessingGuard(),
    inWork: new MessagesInWork(),
    refused: new RefusedMessages(),
  };
  const background = new Background(work, sessions);
  const sender = new NotificationSender(work, sessions);
  const quirks: KnownQuirks = new Map();
  return {
    handleDeviceMessage: (request) => handleDeviceMessage(parts, request),
    isOpenSession: (token) => sessions.deviceOf(token) !== undefined,
    judgeLongBody: (request, part) => judgeLongBody(parts, request, part),
    lookUp: (request, parsed) => lookUpMessage(parts, request, parsed),
    refusedAlerts: (query) => refusedAlerts(options.store, query),
    putAlertBack: (name) => putAlertBack(options, devices, name),
    async acceptPackage0(devId, bytes) {
      const result = await acceptPackage0({ options, devices, quirks }, devId, bytes);
      if (result.kind === 'accepted') sender.begin({ devId: parseDevId(devId), seq: result.seq });
      return result;
    },
    async runBackground() {
      await background.run();
      await sender.run();
    },
    async drained() {
      await sender.drained();
      await background.drained();
      await devices.drained();
    },
    stop: () => connections.stop(),
  };
}

/**
 * Step 1: decode. The credentials of the message are judged before it queues; the other steps wait for the device's turn. A
 * copy of a message that is in work waits for its answer instead.
 */
async function handleDeviceMessage(parts: BridgeParts, request: DeviceRequest): Promise<DeviceAnswer> {
  const { options, devices, inWork, failures } = parts;
  const { clock, south } = options;
  const decoded = await readRequest(parts, request, decodeRequest(request, south.publicUrl, clock.now()));
  if (decoded.kind === 'answered') return decoded.answer;
  const { incoming } = decoded;
  const devId = devIdOf(incoming.message.header);
  const handle = (device: DeviceCell | undefined): Outcome | Promise<Outcome> => {
    const isCopy = inWork.has(devId, incoming.requestHash) && mayAwaitAnswer(options, incoming, device);
    const first = isCopy ? undefined : judgeMessage(parts, incoming, device);
    if (first?.kind === 'refused') return challenge(parts, incoming, first, device);
    const opensSession = first?.kind === 'accepted' && first.messageClass.kind === 'packageOne';
    return inWork.during(devId, incoming.requestHash, () => inTurn(parts, incoming, opensSession));
  };
  let outcome: Outcome;
  try {
    outcome = await devices.hold(devId, handle);
  } catch (error) {
    recordFailure(failures, incoming);
    throw error;
  }
  if (outcome.kind === 'refused') throw outcome.error;
  return outcome.attempt === undefined ? outcome.answer : await delayed(parts, outcome.answer, outcome.attempt);
}

/** Handles the message in the turn of its device, or turns it away: then it has changed nothing. */
async function inTurn(parts: BridgeParts, incoming: IncomingMessage, opensSession: boolean): Promise<Outcome> {
  const { options, devices, unreadable, failures } = parts;
  const devId = devIdOf(incoming.message.header);
  const begun: { session?: DmSession | undefined }[] = [];
  try {
    return await devices.messageInTurn(devId, opensSession, (cell) => {
      begun.push({ session: cell?.session });
      return handleInTurn(parts, incoming, cell);
    });
  } catch (error) {
    // The device is not silent, although its message has changed nothing.
    for (const { session } of begun) unreadable.readableReceived(devId, session);
    if (!(error instanceof OverloadError)) throw error;
    recordFailure(failures, incoming);
    const place = begun.length > 0 ? 'account' : 'device';
    options.journal.log('message.turned_away', { device: devId, place, msgId: incoming.message.header.msgId });
    return answered(TURNED_AWAY);
  }
}

/** A device that begins anew gives up no session because of this message. */
function recordFailure(failures: OwnFailures, { message }: IncomingMessage): void {
  if (!isPackageOne(message) && !isSessionlessReport(message)) failures.record(devIdOf(message.header), message.header);
}

/** @throws DmError for a message that cannot be read; it may end the session that its URL names. */
async function readRequest<T>(
  { options, unreadable }: BridgeParts,
  { token }: DeviceRequest,
  decoding: Generator<void, T, void>,
): Promise<T> {
  try {
    for (;;) {
      const next = decoding.next();
      if (next.done === true) return next.value;
      await options.clock.nextTurn();
    }
  } catch (error) {
    unreadable.unreadableReceived(token);
    throw error;
  }
}

/** Steps 2 to 6: stored answer, credentials, engine, one store transaction, answer. */
async function handleInTurn(
  parts: BridgeParts,
  incoming: IncomingMessage,
  device: DeviceCell | undefined,
): Promise<Outcome> {
  const { options, guessing } = parts;
  const devId = devIdOf(incoming.message.header);

  // Steps 2 and 3: stored answer, credentials.
  const judgement = judgeMessage(parts, incoming, device);
  if (judgement.kind === 'repeated') {
    if (device !== undefined) parts.unreadable.readableReceived(devId, device.session);
    return answered(toDeviceAnswer(judgement.messageClass.answer));
  }
  const { messageClass } = judgement;
  if (judgement.kind === 'refused') return challenge(parts, incoming, judgement, device);
  const { acceptance } = judgement;
  if (acceptance.scheme !== undefined)
    guessing.recordRight(devId, incoming.request.remoteAddress, options.clock.monotonic());
  if (isTrailingNulRefused(incoming, device)) return { kind: 'refused', error: nulError() };

  // Steps 4 to 6: engine, one store transaction, answer.
  const handle = async (engine: (turn: Turn) => Reply | Promise<Reply>): Promise<Outcome> => {
    const turn = await beginTurn(parts, incoming, acceptance, device);
    return storeAndAnswer(parts, turn, await engine(turn));
  };
  switch (messageClass.kind) {
    case 'next':
      return handle(handleSessionMessage);
    case 'unanswered':
      return handle((turn) => answerSessionMessage(turn, []));
    case 'packageOne':
      return handle((turn) => {
        openDeviceSession(turn, messageClass.isAfterRefusal === true);
        return handleSessionMessage(turn);
      });
    case 'outsideSession':
      return handle(handleOutsideSession);
    case 'sessionlessReport':
      return handle(handleReport);
    case 'afterEnd':
      return handle((turn) => handleAfterEnd(turn, messageClass.session));
    case 'outOfOrder':
      return { kind: 'refused', error: orderError(incoming, messageClass.session) };
    case 'repeated':
      throw new TypeError('a message that came again has its stored answer');
    default:
      return assertNever(messageClass);
  }
}

/** A device that is not registered gets a record here; only `south.auth.required: false` lets it come this far. */
async function beginTurn(
  { options, devices, connections, failures, times }: BridgeParts,
  incoming: IncomingMessage,
  acceptance: Acceptance,
  device: DeviceCell | undefined,
): Promise<Turn> {
  const { message, request, encoding, at } = incoming;
  const cell = device ?? unknownDevice(options, devIdOf(message.header));
  const canBeTurnedAway = !devices.hasRunning(cell);
  // Changes of earlier work must not be lost with this message.
  if (canBeTurnedAway && devices.hasUnstored(cell)) await cell.commit();
  const claim = connections.forMessage(cell.record.devId, canBeTurnedAway);
  cell.record = withoutFutureTimes(seenRecord(cell.record, acceptance.changes, at), at);
  cell.messageBytes += request.body.length;
  const encoder = new AnswerEncoder(request.contentType, encoding);
  const startedAt = options.clock.monotonic();
  return { options, devices, connections, failures, times, cell, claim, incoming, acceptance, startedAt, encoder };
}

/** Stores everything that the message changed, and its answer, in one transaction; then the answer may leave. */
async function storeAndAnswer(
  { unreadable, failures }: BridgeParts,
  turn: Turn,
  { answer, session, left }: Reply,
): Promise<Outcome> {
  const { options, cell, incoming, claim } = turn;
  claim.goOn();
  await cell.commit();
  unreadable.readableReceived(cell.record.devId, cell.session);
  failures.answered(cell.record.devId, incoming.message.header);
  noteEnd(turn.times, cell.record.devId, cell);
  if (left !== undefined) continueWithoutDevice(turn, sessionIn(cell), left);
  traceAnswer(options, { device: cell.record.devId, session: session ?? '' }, incoming, answer);
  return answered(answer);
}
