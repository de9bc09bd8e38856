import type { Acceptance } from '../auth/auth-decision.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { ActiveDevices } from './active-devices.ts';
import type { AnswerEncoder } from './answer-encoder.ts';
import type { Claim, Connections } from './connections.ts';
import type { DeviceCell } from './device-cell.ts';
import type { DeviceAnswer } from './device-request.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { BridgeOptions } from './options.ts';
import type { OwnFailures } from './own-failures.ts';
import type { StoredTimes } from './stored-times.ts';

/** The parts of a bridge that work without a message of a device needs. */
export interface WorkParts {
  readonly options: BridgeOptions;
  readonly devices: ActiveDevices;
  readonly connections: Connections;
  readonly failures: OwnFailures;
  readonly times: StoredTimes;
}

/** Work on one device: its cell, and what the bridge needs for it. */
export interface DeviceWork extends WorkParts {
  readonly cell: DeviceCell;
  /** The connections for its requests. */
  readonly claim: Claim;
}

/** Work on one authenticated message. */
export interface Turn extends DeviceWork {
  readonly incoming: IncomingMessage;
  readonly acceptance: Acceptance;
  /** Milliseconds of the monotonic clock: the moment when the work on the message began. */
  readonly startedAt: number;
  /** For the answer. */
  readonly encoder: AnswerEncoder;
}

/** The answer to a message; it leaves once the cell is stored. */
export interface Reply {
  readonly answer: DeviceAnswer;
  /** Name of the session that the answer belongs to. */
  readonly session?: string | undefined;
  /** Present when the device's part in its session has ended. */
  readonly left?: LeftSession | undefined;
}

/** The DM 1.x half of a session as the device left it. */
export interface LeftSession {
  readonly south: Dm1Session;
  /** Outcomes of commands that the DM 2.0 half has not heard of yet. */
  readonly outcomes: readonly CommandOutcome[];
}
