/** The parts that all messages of a bridge share, and the outcome of one message. */
import type { GuessingGuard, WrongAttempt } from '../auth/guessing.ts';
import type { DecodeError, ProtocolError } from '../errors.ts';
import type { DeviceAnswer } from './device-request.ts';
import type { MessagesInWork } from './messages-in-work.ts';
import type { RefusedMessages } from './refused-messages.ts';
import type { WorkParts } from './turn.ts';
import type { UnreadableMessages } from './unreadable-messages.ts';

export interface BridgeParts extends WorkParts {
  readonly unreadable: UnreadableMessages;
  readonly guessing: GuessingGuard;
  readonly inWork: MessagesInWork;
  readonly refused: RefusedMessages;
}

export type Outcome =
  | {
      readonly kind: 'answered';
      readonly answer: DeviceAnswer;
      /** Present when the answer is for wrong credentials. */
      readonly attempt?: WrongAttempt | undefined;
    }
  /** No DM message can answer, and the message changed nothing, so that other work for its device goes on. */
  | { readonly kind: 'refused'; readonly error: ProtocolError | DecodeError };

export function answered(answer: DeviceAnswer): Outcome {
  return { kind: 'answered', answer };
}
