import { isPackageOne } from '../../dm1/stateless-answers.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import { authenticateMessage } from './authenticate-message.ts';
import type { MessageClass } from './classify-message.ts';

/**
 * Corrects the class of a message that restarts its session. A device that starts again under the same SessionID and was
 * challenged goes on with MsgID 2. Only a digest made with the nonce of that challenge tells it from an old message that
 * comes late (ADR 18).
 */
export function recognizeRestart(
  options: BridgeOptions,
  incoming: IncomingMessage,
  found: MessageClass,
  device: DeviceCell | undefined,
): MessageClass {
  if (!mayBeRestart(found) || !isPackageOne(incoming.message)) return found;
  const decision = authenticateMessage(options, incoming, 'packageOne', device);
  const hasFreshDigest = decision.kind === 'accepted' && decision.changes.usedNonce !== undefined;
  return hasFreshDigest ? { kind: 'packageOne' } : found;
}

function mayBeRestart(found: MessageClass): boolean {
  if (found.kind === 'next') return found.session.south.phase !== 'initializing';
  return found.kind === 'tokenMissing' || found.kind === 'outOfOrder';
}
