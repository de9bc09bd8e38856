/** Looks at a message that may not be for the bridge. Nothing is changed, and nothing is counted. */
import { devIdOf } from '../device/dev-id.ts';
import type { BridgeKnowledge } from '../routing/door.ts';
import type { ParsedMessage } from '../syncml/parse.ts';
import type { BridgeParts } from './bridge-parts.ts';
import type { DeviceCell } from './device-cell.ts';
import type { DeviceRequest } from './device-request.ts';
import { type RegistryFacts, registryFacts } from './route-of.ts';
import { requestHashOf } from './steps/decode-request.ts';
import { type Judgement, judgeMessage } from './steps/judge-message.ts';

export interface LookUp extends BridgeKnowledge {
  /** Undefined: the device is not registered. */
  readonly device: RegistryFacts | undefined;
  /** True when the bridge would challenge it. */
  readonly isRefused: boolean;
}

/** @param request its body is all of the message, or its beginning */
export async function lookUpMessage(
  parts: BridgeParts,
  request: DeviceRequest,
  parsed: ParsedMessage,
): Promise<LookUp> {
  const { options, devices } = parts;
  const { message, tolerated, encoding } = parsed;
  const requestHash = requestHashOf(request);
  const incoming = { request, message, tolerated, encoding, requestHash, at: options.clock.now() };
  return await devices.hold(devIdOf(message.header), (cell) => {
    const judgement = judgeMessage(parts, incoming, cell);
    return {
      device: cell === undefined ? undefined : registryFacts(cell.record),
      place: placeOf(judgement, cell),
      isRight: judgement.kind === 'accepted' && judgement.acceptance.scheme !== undefined,
      isRefused: judgement.kind === 'refused',
    };
  });
}

/**
 * A message without right credentials belongs to an open session as long as its device has not used RespURI: it is challenged
 * there.
 */
function placeOf({ kind, messageClass }: Judgement, cell: DeviceCell | undefined): BridgeKnowledge['place'] {
  switch (messageClass.kind) {
    case 'repeated':
      return 'answered';
    case 'next':
    case 'unanswered':
    case 'outOfOrder':
      return kind === 'accepted' || cell?.record.facts.usesRespUri !== true ? 'session' : undefined;
    case 'afterEnd':
      return kind === 'accepted' ? 'afterlife' : undefined;
    default:
      return undefined;
  }
}
