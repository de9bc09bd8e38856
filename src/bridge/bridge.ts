/**
 * The bridge: handles the messages of devices. `handleInTurn` shows the steps of one message in their order; each step has a
 * file in `steps/`.
 */
import type { Acceptance, Refusal } from '../auth/auth-decision.ts';
import { FailureCounter } from '../auth/failure-counter.ts';
import { devIdOf } from '../device/dev-id.ts';
import { assertNever, DecodeError, ProtocolError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import { ActiveDevices } from './active-devices.ts';
import { AnswerEncoder } from './answer-encoder.ts';
import { Background } from './background.ts';
import { type DeviceCell, sessionIn } from './device-cell.ts';
import { continueWithoutDevice } from './device-gone.ts';
import type { DeviceAnswer, DeviceRequest } from './device-request.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { openDeviceSession } from './open-session.ts';
import { OpenSessions } from './open-sessions.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession } from './session.ts';
import { isTrailingNulRefused } from './south-effects.ts';
import { authenticateMessage } from './steps/authenticate-message.ts';
import { challengeDevice } from './steps/challenge-device.ts';
import { classifyMessage, type MessageClass } from './steps/classify-message.ts';
import { decodeRequest } from './steps/decode-request.ts';
import { handleOutsideSession } from './steps/outside-session.ts';
import { recognizeRestart } from './steps/recognize-restart.ts';
import { answerSessionMessage, handleSessionMessage } from './steps/session-message.ts';
import { handleReport } from './steps/sessionless-report.ts';
import { toDeviceAnswer } from './steps/stored-answer.ts';
import { traceAnswer, traceMessage } from './trace.ts';
import type { Reply, Turn } from './turn.ts';
import { registerUnknownDevice } from './unknown-device.ts';
import { UnreadableMessages } from './unreadable-messages.ts';

export interface Bridge {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
  /** Closes sessions that timed out and delivers reports that are due; the edge calls it from time to time. */
  runBackground(): Promise<void>;
  /** Resolves when no work is under way. */
  drained(): Promise<void>;
}

interface BridgeParts {
  readonly options: BridgeOptions;
  readonly devices: ActiveDevices;
  readonly failures: FailureCounter;
  readonly unreadable: UnreadableMessages;
}

type Outcome =
  | {
      readonly kind: 'answered';
      readonly answer: DeviceAnswer;
      /** Milliseconds for which the answer to wrong credentials waits. */
      readonly delay: number;
    }
  /** No DM message can answer, and the message changed nothing, so that other work for its device goes on. */
  | { readonly kind: 'refused'; readonly error: ProtocolError | DecodeError };

/** No body, because DM 1.x has no message without a command or a Status. */
const EMPTY_ANSWER: DeviceAnswer = { status: HTTP.ok, headers: {}, body: new Uint8Array() };

export function createBridge(options: BridgeOptions): Bridge {
  const devices = new ActiveDevices(options);
  const sessions = new OpenSessions(options.clock);
  const parts: BridgeParts = {
    options,
    devices,
    failures: new FailureCounter(),
    unreadable: new UnreadableMessages(options, devices, sessions),
  };
  const background = new Background(options, devices, sessions);
  return {
    handleDeviceMessage: (request) => handleDeviceMessage(parts, request),
    runBackground: () => background.run(),
    drained: () => devices.drained(),
  };
}

/** Step 1: decode. The other steps wait for the device's turn. */
async function handleDeviceMessage(parts: BridgeParts, request: DeviceRequest): Promise<DeviceAnswer> {
  const { clock, south } = parts.options;
  const decoded = readRequest(parts, request, () => decodeRequest(request, south.publicUrl, clock.now()));
  if (decoded.kind === 'answered') return decoded.answer;
  const { incoming } = decoded;
  const devId = devIdOf(incoming.message.header);
  const outcome = await parts.devices.inTurn(devId, (device) => handleInTurn(parts, incoming, device));
  if (outcome.kind === 'refused') throw outcome.error;
  if (outcome.delay > 0) await clock.after(outcome.delay).done;
  return outcome.answer;
}

/** @throws DmError for a message that cannot be read; it may end the session that its URL names. */
function readRequest<T>({ unreadable }: BridgeParts, { token }: DeviceRequest, decode: () => T): T {
  try {
    return decode();
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
  const { options, failures } = parts;

  // Step 2: stored answer.
  const messageClass = recognizeRestart(options, incoming, classifyMessage(incoming, device), device);
  if (messageClass.kind === 'repeated') {
    if (device !== undefined) parts.unreadable.readableReceived(device);
    return answered(toDeviceAnswer(messageClass.answer));
  }
  if (messageClass.kind === 'afterEnd') return answered(EMPTY_ANSWER);

  // Step 3: credentials.
  const decision = authenticateMessage(options, incoming, messageClass.kind, device);
  if (decision.kind === 'refused') return challenge(parts, incoming, decision, messageClass);
  failures.recordSuccess(devIdOf(incoming.message.header), incoming.request.remoteAddress);
  if (isTrailingNulRefused(incoming, device)) return { kind: 'refused', error: nulError() };

  // Steps 4 to 6: engine, one store transaction, answer.
  const handle = async (engine: (turn: Turn) => Reply | Promise<Reply>): Promise<Outcome> => {
    const turn = await beginTurn(parts, incoming, decision, device);
    return storeAndAnswer(parts, turn, await engine(turn));
  };
  switch (messageClass.kind) {
    case 'next':
      return handle(handleSessionMessage);
    case 'unanswered':
      return handle((turn) => answerSessionMessage(turn, []));
    case 'packageOne':
      return handle((turn) => {
        openDeviceSession(turn);
        return handleSessionMessage(turn);
      });
    case 'outsideSession':
      return handle(handleOutsideSession);
    case 'sessionlessReport':
      return handle(handleReport);
    case 'repeatedUnproven':
      return answered(toDeviceAnswer(messageClass.answer));
    case 'outOfOrder':
      return { kind: 'refused', error: orderError(incoming, messageClass.session) };
    case 'tokenMissing':
      throw new TypeError('a message without its token was authenticated');
    default:
      return assertNever(messageClass);
  }
}

/** Asks for credentials. Wrong ones delay the answer. */
function challenge(
  { options, failures }: BridgeParts,
  incoming: IncomingMessage,
  refusal: Refusal,
  messageClass: MessageClass,
): Outcome {
  const { message, request } = incoming;
  const devId = devIdOf(message.header);
  const session = 'session' in messageClass ? messageClass.session : undefined;
  const place = { device: devId, session: session?.id ?? '' };
  traceMessage(options, place, incoming);
  const answer = challengeDevice(options, incoming, refusal, session);
  options.journal.log('auth.challenged', { device: devId, status: refusal.code, msgId: message.header.msgId });
  traceAnswer(options, place, incoming, answer);
  const delay = refusal.wrong ? failures.recordFailure(devId, request.remoteAddress) : 0;
  return { kind: 'answered', answer, delay };
}

/** A device that is not registered gets a record here; only `south.auth.required: false` lets it come this far. */
async function beginTurn(
  { options, devices }: BridgeParts,
  incoming: IncomingMessage,
  acceptance: Acceptance,
  device: DeviceCell | undefined,
): Promise<Turn> {
  const { message, request, encoding, at } = incoming;
  const cell = device ?? (await registerUnknownDevice(options, devIdOf(message.header)));
  cell.record = { ...cell.record, ...acceptance.changes, lastSeen: at };
  const encoder = new AnswerEncoder(request.contentType, encoding);
  return { options, devices, incoming, acceptance, startedAt: options.clock.monotonic(), cell, encoder };
}

/** Stores everything that the message changed, and its answer, in one transaction; then the answer may leave. */
async function storeAndAnswer(
  { unreadable }: BridgeParts,
  turn: Turn,
  { answer, session, left }: Reply,
): Promise<Outcome> {
  const { options, cell, incoming } = turn;
  await cell.commit();
  unreadable.readableReceived(cell);
  if (left !== undefined) continueWithoutDevice(turn, sessionIn(cell), left);
  traceAnswer(options, { device: cell.record.devId, session: session ?? '' }, incoming, answer);
  return answered(answer);
}

function answered(answer: DeviceAnswer): Outcome {
  return { kind: 'answered', answer, delay: 0 };
}

function nulError(): DecodeError {
  return new DecodeError('ERR_XML_SYNTAX', 'a NUL at the end of a value');
}

function orderError({ message }: IncomingMessage, { id, south }: DmSession): ProtocolError {
  const { msgId } = message.header;
  return new ProtocolError('ERR_MSG_ID_ORDER', `MsgID ${msgId} is not above ${south.lastMsgIdIn}`, {
    place: { device: south.device, session: id, msgId },
  });
}
