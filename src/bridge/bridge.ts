/**
 * The only conductor: a device's message → decode → step → translate → step → encode, effects through the ports.
 *
 * The order of the checks is the product's promise (design: one message, in this order): stored answer, credentials,
 * engine, one store transaction, answer.
 */
import { hash } from 'node:crypto';
import type { AuthDecision, Refusal } from '../auth/auth-decision.ts';
import { authenticate } from '../auth/authenticate.ts';
import { FailureCounter } from '../auth/failure-counter.ts';
import { provesRequest } from '../dm1/auth-scheme.ts';
import type { Verdict } from '../dm1/session-model.ts';
import {
  challengeMessage,
  headerErrorMessage,
  isPackageOne,
  isSessionlessReport,
  versionMessage,
} from '../dm1/stateless-answers.ts';
import type { ProtocolError } from '../errors.ts';
import { decodeMessage } from '../syncml/codec.ts';
import type { SyncHdr, SyncmlMessage } from '../syncml/message.ts';
import { IncompleteHeaderError } from '../syncml/parse.ts';
import type { MessageEncoding } from '../syncml/serialize-wbxml.ts';
import { Background } from './background.ts';
import { answerTaken, handleMessage, handleOutsideSession } from './conversation.ts';
import type { DeviceCell } from './device-cell.ts';
import { openSessionOf } from './device-session.ts';
import {
  answerScale,
  type DeviceAnswer,
  type DeviceRequest,
  type Exchange,
  requestCredentials,
  toAnswer,
  traceAnswer,
  traceMessage,
} from './exchange.ts';
import { LiveDevices } from './live-devices.ts';
import { classifyMessage, type MessageClass, outOfOrder } from './message-order.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession, StoredAnswer } from './session.ts';
import { repeatedReport, takeReport } from './sessionless.ts';
import { registerUnknownDevice } from './unknown-device.ts';

export interface Bridge {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
  /** Sessions that timed out and reports that are due; called from time to time by the edge. */
  runBackground(): Promise<void>;
  /** Resolves when everything that was begun has ended. */
  drained(): Promise<void>;
}

type Outcome =
  | {
      readonly answer: DeviceAnswer;
      /** Milliseconds for which a wrong guess waits. */
      readonly delay: number;
    }
  /** The message cannot be answered, and changed nothing: what is under way for its device goes on. */
  | { readonly refusal: ProtocolError };

export function createBridge(options: BridgeOptions): Bridge {
  const live = new LiveDevices(options.store, options.journal);
  const failures = new FailureCounter();
  const background = new Background(options, live);
  return {
    async handleDeviceMessage(request) {
      const exchange = open(options, request);
      if ('answer' in exchange) return exchange.answer;
      const { locUri } = exchange.message.header.source;
      const outcome = await live.withCell(locUri, (cell) => handle(options, live, failures, exchange, cell));
      if ('refusal' in outcome) throw outcome.refusal;
      if (outcome.delay > 0) await options.clock.after(outcome.delay).done;
      return outcome.answer;
    },
    runBackground: () => background.run(),
    drained: () => live.drained(),
  };
}

/** Decodes; what cannot come near a session is answered here, before authentication, with nothing stored. */
function open(options: BridgeOptions, request: DeviceRequest): Exchange | { readonly answer: DeviceAnswer } {
  const { body, contentType } = request;
  const stateless = (message: SyncmlMessage, encoding: MessageEncoding | undefined) => ({
    answer: toAnswer(message, contentType, encoding),
  });
  try {
    const { message, tolerated, encoding } = decodeMessage(body, request.headers['content-type'] ?? contentType);
    const code = versionProblem(message.header);
    if (code !== undefined) return stateless(versionMessage(message.header, code, options.south.publicUrl), encoding);
    const mac = request.headers['x-syncml-hmac'];
    const requestHash = hash('sha256', mac === undefined ? body : Buffer.concat([body, Buffer.from(mac)]), 'base64');
    const exchange = { options, request, message, tolerated, requestHash, at: options.clock.now() };
    return encoding === undefined ? exchange : { ...exchange, encoding };
  } catch (error) {
    if (!(error instanceof IncompleteHeaderError)) throw error;
    const answer = headerErrorMessage(error.partial, options.south.publicUrl);
    if (answer === undefined) throw error;
    return stateless(answer, error.encoding);
  }
}

/** 505 for an unknown VerDTD, 513 for an unknown VerProto (DM-1.3 §12). */
function versionProblem({ verDtd, verProto }: SyncHdr): 505 | 513 | undefined {
  if (verDtd !== '1.1' && verDtd !== '1.2') return 505;
  return /^DM\/1\.[123]$/u.test(verProto) ? undefined : 513;
}

async function handle(
  options: BridgeOptions,
  live: LiveDevices,
  failures: FailureCounter,
  exchange: Exchange,
  known: DeviceCell | undefined,
): Promise<Outcome> {
  const { message, request, at } = exchange;
  if (isSessionlessReport(message)) return handleReport(options, failures, exchange, known);
  const belonging = placeOf(exchange, known);
  if (belonging.kind === 'repeated' && !isProvenByRequest(belonging.session)) return stored(belonging.answer);
  if (belonging.kind === 'afterEnd') return { answer: { status: 200, headers: {}, body: new Uint8Array() }, delay: 0 };
  const decision = decide(exchange, known, belonging);
  if (decision.kind === 'refused') {
    const session = 'session' in belonging ? belonging.session : undefined;
    traceMessage(exchange, known?.record.devId, session?.id);
    return challenge(failures, exchange, decision, session);
  }
  failures.recordSuccess(message.header.source.locUri, request.remoteAddress);
  if (belonging.kind === 'repeated') return stored(belonging.answer);
  if (belonging.kind === 'outOfOrder') return { refusal: outOfOrder(message, belonging.session) };
  const cell = known ?? (await registerUnknownDevice(options, message.header.source.locUri));
  cell.record = { ...cell.record, ...decision.changes, lastSeen: at };
  const proven = { ...exchange, proven: decision };
  return { answer: await answerIn(belonging, live, proven, cell, decision.verdict), delay: 0 };
}

/** Whether what proved the session's device was not in its messages: then a repeated one must be proven again. */
function isProvenByRequest(session: DmSession | undefined): boolean {
  return session?.scheme !== undefined && provesRequest(session.scheme);
}

function stored({ status, headers, body }: StoredAnswer): Outcome {
  return { answer: { status, headers, body: new Uint8Array(Buffer.from(body, 'base64')) }, delay: 0 };
}

/** Credentials are needed like for any message, but no session is looked for (design: alerts in). */
async function handleReport(
  options: BridgeOptions,
  failures: FailureCounter,
  exchange: Exchange,
  known: DeviceCell | undefined,
): Promise<Outcome> {
  const { message, request, at } = exchange;
  const repeated = known === undefined ? undefined : repeatedReport(known.record, exchange);
  if (repeated !== undefined) return { answer: repeated, delay: 0 };
  const decision = decide(exchange, known, { kind: 'fresh' });
  if (decision.kind === 'refused') return challenge(failures, exchange, decision, undefined);
  failures.recordSuccess(message.header.source.locUri, request.remoteAddress);
  const cell = known ?? (await registerUnknownDevice(options, message.header.source.locUri));
  cell.record = { ...cell.record, ...decision.changes, lastSeen: at };
  return { answer: await takeReport({ ...exchange, proven: decision }, cell, decision.verdict), delay: 0 };
}

function answerIn(
  { kind }: MessageClass,
  live: LiveDevices,
  exchange: Exchange,
  cell: DeviceCell,
  verdict: Verdict,
): Promise<DeviceAnswer> {
  if (kind === 'next') return handleMessage(live, exchange, cell, verdict);
  if (kind === 'unanswered') return answerTaken(live, exchange, cell);
  if (!isPackageOne(exchange.message)) return handleOutsideSession(live, exchange, cell, verdict);
  openSessionOf(live, exchange, cell);
  return handleMessage(live, exchange, cell, verdict);
}

/**
 * A device that starts again under the same SessionID and was challenged goes on with MsgID 2. Only a digest made with the
 * nonce of that challenge tells it from an old message that comes late.
 */
function placeOf(exchange: Exchange, known: DeviceCell | undefined): MessageClass {
  const { message, requestHash, request, at } = exchange;
  const found = classifyMessage({ message, requestHash, token: request.token, at }, known?.session, known?.answer);
  const fresh = { kind: 'fresh' } as const;
  const isOdd =
    found.kind === 'tokenMissing' ||
    found.kind === 'outOfOrder' ||
    (found.kind === 'next' && found.session.south.phase !== 'initializing');
  if (!isOdd || !isPackageOne(message)) return found;
  const decision = decide(exchange, known, fresh);
  return decision.kind === 'accepted' && decision.changes.usedNonce !== undefined ? fresh : found;
}

function decide(
  { options, message, request, at }: Exchange,
  cell: DeviceCell | undefined,
  { kind }: Pick<MessageClass, 'kind'>,
): AuthDecision {
  const { south, random } = options;
  const { source, cred } = message.header;
  const isTokenMissing = kind === 'tokenMissing';
  const isRepetition = kind === 'unanswered' || kind === 'repeated';
  const isInSession = isRepetition || kind === 'next' || kind === 'outOfOrder';
  const result = authenticate({
    // Without its token a message is of nobody, whatever credentials it has.
    header: isTokenMissing || cred === undefined ? { source } : { source, cred },
    request: isTokenMissing ? undefined : requestCredentials(request),
    record: cell?.record,
    sessionUser: isInSession ? cell?.record.credentials.user : undefined,
    sessionScheme: isInSession ? cell?.session?.scheme : undefined,
    isRepetition,
    accept: south.acceptedAuth,
    nonceKey: south.nonceKey,
    now: at,
    freshNonce: random.bytes(16),
    sha256Type: south.sha256Type,
    certificateRule: south.certificate,
  });
  const isOpen =
    !south.authRequired && !isTokenMissing && result.kind === 'refused' && (cell === undefined || !result.wrong);
  return isOpen ? { kind: 'accepted', verdict: { status: 200 }, changes: {} } : result;
}

/** Nothing in an unauthenticated message takes effect, and nothing is stored for it (DM-1.3 §9.1). */
function challenge(
  failures: FailureCounter,
  exchange: Exchange,
  { code, chal, httpChallenges, wrong }: Refusal,
  session: DmSession | undefined,
): Outcome {
  const { options, message, request } = exchange;
  // The token is told to nobody who does not have it: it is what shows that a message is the session's.
  const isOfSession = session !== undefined && request.token === session.token;
  const setting = isOfSession ? session.south : { respUri: options.south.publicUrl };
  const scale = answerScale(exchange);
  const spoken = scale.answer(challengeMessage(message, code, chal, setting, scale.measure));
  // HTTP credentials are asked for as HTTP does it; the message says the same to who reads it (RFC 9110 §15.5.2).
  const answer = httpChallenges === undefined ? spoken : { ...spoken, status: 401, httpChallenges };
  const { locUri } = message.header.source;
  options.journal.log('auth.challenged', { device: locUri, status: code, msgId: message.header.msgId });
  traceAnswer(exchange, locUri, session?.id, answer);
  return { answer, delay: wrong ? failures.recordFailure(locUri, request.remoteAddress) : 0 };
}
