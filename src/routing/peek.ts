/**
 * Reads the claims of a message, which choose a door. Nothing of it is believed: the credentials are judged behind the door.
 */
import { type DevInfoLeaves, devInfoValue } from '../device/dev-info.ts';
import { addressOf } from '../dm1/device-commands.ts';
import { toPlainItem } from '../dm1/plain-item.ts';
import { asksForSession, isSessionlessReport } from '../dm1/stateless-answers.ts';
import { DecodeError } from '../errors.ts';
import { isDevInfo } from '../mo/loc-uri.ts';
import { decodeHeader, decodeMessage } from '../syncml/codec.ts';
import type { SyncmlMessage } from '../syncml/message.ts';
import type { ParsedMessage } from '../syncml/parse.ts';
import type { RouteFacts } from './route.ts';

/** The longest DevId that is a claim at all, in bytes. */
const MAX_DEV_ID_BYTES = 1_024;

/**
 * Reads a message of which all or the beginning is there; undefined when nothing tells its device. When what follows SyncHdr is
 * broken or missing, the message has no commands.
 * @param contentType the value of the header
 */
export function peek(body: Uint8Array, isWhole: boolean, contentType: string): ParsedMessage | undefined {
  const parsed = (isWhole ? readWhole(body, contentType) : undefined) ?? decodeHeader(body, contentType);
  return parsed !== undefined && isClaim(parsed.message.header.source.locUri) ? parsed : undefined;
}

function readWhole(body: Uint8Array, contentType: string): ParsedMessage | undefined {
  try {
    return decodeMessage(body, contentType);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function isClaim(devId: string): boolean {
  return devId.trim() !== '' && Buffer.byteLength(devId) <= MAX_DEV_ID_BYTES && !/\p{Cc}/u.test(devId);
}

/** The facts of a message, for rules. */
export function factsOf({ header, commands }: SyncmlMessage): RouteFacts {
  const leaves: Record<string, string> = {};
  for (const command of commands) {
    if (command.name !== 'Replace') continue;
    for (const item of command.items.filter((each) => isDevInfo(addressOf(each)))) {
      leaves[addressOf(item)] = toPlainItem(item, command.meta).data ?? '';
    }
  }
  return {
    protocol: 'dm1',
    devId: header.source.locUri,
    version: header.verProto.replace('DM/', ''),
    ...named(leaves),
  };
}

function named(leaves: DevInfoLeaves): Pick<RouteFacts, 'manufacturer' | 'model'> {
  return { manufacturer: devInfoValue(leaves, 'Man'), model: devInfoValue(leaves, 'Mod') };
}

/**
 * True for a message that begins a session, and for a report beside one. DevInfo alone does not begin one: it may follow a message
 * with nothing but Alerts.
 */
export function beginsSession(message: SyncmlMessage): boolean {
  return message.header.msgId === 1 || message.commands.some(asksForSession) || isSessionlessReport(message);
}
