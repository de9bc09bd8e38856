import { devIdOf } from '../../device/dev-id.ts';
import { answersNoCommand, isPackageOne } from '../../dm1/stateless-answers.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import type { RefusedMessages } from '../refused-messages.ts';
import { authenticateMessage } from './authenticate-message.ts';
import type { KnownDevice, MessageClass } from './classify-message.ts';

interface RestartParts {
  readonly options: BridgeOptions;
  readonly refused: RefusedMessages;
}

/**
 * Corrects the class of a message that restarts its session (ADR 26). A device that was refused goes on with the next MsgID,
 * with Package#1 or with the message that was refused. Only a Package#1 with right credentials of its own can be a restart,
 * and something must tell it from an old message that comes late, and from one that goes on:
 *
 * - its digest was made with the nonce of a challenge;
 * - the message before it was refused;
 * - it begins a session, and answers none of the commands that the device was sent.
 */
export function recognizeRestart(
  { options, refused }: RestartParts,
  incoming: IncomingMessage,
  found: MessageClass,
  device: KnownDevice,
): MessageClass {
  const { message } = incoming;
  if (device === undefined || !mayBeRestart(found) || !isPackageOne(message)) return found;
  const decision = authenticateMessage(options, incoming, { kind: 'packageOne' }, device);
  if (decision.kind === 'refused') return found;
  const { usedNonce } = decision.changes;
  const wasChallenged = usedNonce !== undefined && usedNonce !== device.record.clientNonce;
  const wasRefused = refused.isRefusedBefore(devIdOf(message.header), message.header);
  const isBeginning = found.kind === 'next' && found.session.south.outstanding.length > 0 && answersNoCommand(message);
  if (!wasChallenged && !wasRefused && !isBeginning) return found;
  // A device that has lost its session begins with MsgID 1. One that was refused in its session has gone on counting, and
  // the refused message is the one that is missing.
  const isAfterRefusal = found.kind === 'next' && message.header.msgId > found.session.south.lastMsgIdIn + 1;
  return { kind: 'packageOne', isAfterRefusal };
}

/** While Package#1 is running, its content goes on with it. */
function mayBeRestart(found: MessageClass): found is Extract<MessageClass, { kind: 'next' | 'outOfOrder' }> {
  return found.kind === 'outOfOrder' || (found.kind === 'next' && found.session.south.phase !== 'initializing');
}
