/**
 * The only conductor: a device's message → decode → step → translate → step → encode, effects through the ports.
 *
 * The order of the checks is the product's promise (design: one message, in this order): stored answer, credentials,
 * engine, one store transaction, answer.
 */
import { hash } from 'node:crypto';
import { challengeMessage, headerErrorMessage, isPackageOne, versionMessage } from '../dm1/stateless-answers.ts';
import { ProtocolError } from '../errors.ts';
import { decodeMessage } from '../syncml/codec.ts';
import type { SyncHdr, SyncmlMessage } from '../syncml/message.ts';
import { IncompleteHeaderError } from '../syncml/parse.ts';
import { type AuthResult, authenticate } from './authenticate.ts';
import { Background } from './background.ts';
import { converse, converseWithoutSession, openSessionOf } from './conversation.ts';
import type { DeviceCell } from './device-cell.ts';
import {
  type DeviceAnswer,
  type DeviceRequest,
  type Exchange,
  toAnswer,
  traceAnswer,
  traceMessage,
} from './exchange.ts';
import { FailureCounter } from './failure-counter.ts';
import { LiveDevices } from './live-devices.ts';
import { belongingOf } from './message-order.ts';
import type { BridgeOptions } from './options.ts';
import { registerUnknown } from './unknown-device.ts';

export interface Bridge {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
  /** Sessions that timed out and reports that are due; called from time to time by the edge. */
  runBackground(): Promise<void>;
  /** Resolves when everything that was begun has ended. */
  drained(): Promise<void>;
}

interface Outcome {
  readonly answer: DeviceAnswer;
  /** Milliseconds for which a wrong guess waits. */
  readonly delay: number;
}

export function createBridge(options: BridgeOptions): Bridge {
  const live = new LiveDevices(options.store, options.journal);
  const failures = new FailureCounter();
  const background = new Background(options, live);
  return {
    async handleDeviceMessage(request) {
      const exchange = open(options, request);
      if ('answer' in exchange) return exchange.answer;
      const { locUri } = exchange.message.header.source;
      const { answer, delay } = await live.withCell(locUri, (cell) => handle(options, live, failures, exchange, cell));
      if (delay > 0) await options.clock.after(delay).done;
      return answer;
    },
    runBackground: () => background.run(),
    drained: () => live.drained(),
  };
}

/** Decodes; what cannot come near a session is answered here, before authentication, with nothing stored. */
function open(options: BridgeOptions, request: DeviceRequest): Exchange | { readonly answer: DeviceAnswer } {
  const { body, contentType } = request;
  const stateless = (message: SyncmlMessage) => ({ answer: toAnswer(message, contentType) });
  try {
    const { message, tolerated } = decodeMessage(body, request.headers['content-type'] ?? contentType);
    const code = versionProblem(message.header);
    if (code !== undefined) return stateless(versionMessage(message.header, code, options.south.publicUrl));
    const requestHash = hash(
      'sha256',
      Buffer.concat([body, Buffer.from(request.headers['x-syncml-hmac'] ?? '')]),
      'base64',
    );
    return { options, request, message, tolerated, requestHash, at: options.clock.now() };
  } catch (error) {
    if (!(error instanceof IncompleteHeaderError)) throw error;
    const answer = headerErrorMessage(error.partial, options.south.publicUrl);
    if (answer === undefined) throw error;
    return stateless(answer);
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
  const { message, requestHash, request, at } = exchange;
  const belonging = belongingOf({ message, requestHash, token: request.token, at }, known?.session, known?.answer);
  if (belonging.kind === 'repeated') {
    const { status, headers, body } = belonging.answer;
    return { answer: { status, headers, body: new Uint8Array(Buffer.from(body, 'base64')) }, delay: 0 };
  }
  if (belonging.kind === 'afterEnd') return { answer: { status: 200, headers: {}, body: new Uint8Array() }, delay: 0 };
  const session = belonging.kind === 'fresh' ? undefined : belonging.session;
  const decision = decide(exchange, known, session !== undefined && belonging.kind !== 'tokenMissing');
  if (decision.kind === 'refused') {
    traceMessage(exchange, known?.record.devId, session?.id);
    return challenge(failures, exchange, decision, session?.south.respUri, session?.id);
  }
  failures.succeeded(message.header.source.locUri, request.remoteAddress);
  const cell = known ?? (await registerUnknown(options, message.header.source.locUri));
  cell.record = { ...cell.record, ...decision.changes, lastSeen: at };
  if (belonging.kind === 'outOfOrder') {
    throw new ProtocolError(
      'ERR_MSG_ID_ORDER',
      `MsgID ${message.header.msgId} is not above ${belonging.session.south.lastMsgIdIn}`,
      {
        place: { device: cell.record.devId, session: belonging.session.id, msgId: message.header.msgId },
      },
    );
  }
  if (belonging.kind === 'next') return { answer: await converse(live, exchange, cell, decision.verdict), delay: 0 };
  if (!isPackageOne(message))
    return { answer: await converseWithoutSession(exchange, cell, decision.verdict), delay: 0 };
  openSessionOf(live, exchange, cell);
  return { answer: await converse(live, exchange, cell, decision.verdict), delay: 0 };
}

function decide({ options, message, at }: Exchange, cell: DeviceCell | undefined, inSession: boolean): AuthResult {
  const { south, random } = options;
  const result = authenticate({
    header: message.header,
    record: cell?.record,
    sessionUser: inSession ? cell?.record.credentials.user : undefined,
    accept: south.acceptedAuth,
    nonceKey: south.nonceKey,
    now: at,
    freshNonce: random.bytes(16),
    sha256Type: south.sha256Type,
  });
  const isOpen = !south.authRequired && result.kind === 'refused' && (cell === undefined || !result.wrong);
  return isOpen ? { kind: 'accepted', verdict: { status: 200 }, changes: {} } : result;
}

/** Nothing in an unauthenticated message takes effect, and nothing is stored for it (DM-1.3 §9.1). */
function challenge(
  failures: FailureCounter,
  exchange: Exchange,
  { code, chal, wrong }: Extract<AuthResult, { kind: 'refused' }>,
  respUri: string | undefined,
  session: string | undefined,
): Outcome {
  const { options, message, request } = exchange;
  const answer = toAnswer(
    challengeMessage(message, code, chal, respUri ?? options.south.publicUrl),
    request.contentType,
  );
  const { locUri } = message.header.source;
  options.journal.log('info', 'challenged', { device: locUri, status: code, msgId: message.header.msgId });
  traceAnswer(exchange, locUri, session, answer);
  return { answer, delay: wrong ? failures.failed(locUri, request.remoteAddress) : 0 };
}
