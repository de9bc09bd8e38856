/** The errors of messages that no DM message can answer, and that have changed nothing. */
import { DecodeError, ProtocolError } from '../errors.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { DmSession } from './session.ts';

export function nulError(): DecodeError {
  return new DecodeError('ERR_XML_SYNTAX', 'a NUL at the end of a value');
}

export function orderError({ message }: IncomingMessage, { id, south }: DmSession): ProtocolError {
  const { msgId } = message.header;
  return new ProtocolError('ERR_MSG_ID_ORDER', `MsgID ${msgId} is not above ${south.lastMsgIdIn}`, {
    place: { device: south.device, session: id, msgId },
  });
}
