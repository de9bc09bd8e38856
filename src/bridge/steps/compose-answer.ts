import type { CommandOutcome } from '../../dm1/server-command.ts';
import { messageToSend, step } from '../../dm1/session.ts';
import { sessionIn } from '../device-cell.ts';
import type { DeviceAnswer } from '../device-request.ts';
import type { NorthDriver } from '../north-driver.ts';
import { serverCredentialsFor } from '../server-credentials.ts';
import { applySouthEffects, outcomesIn } from '../south-effects.ts';
import type { Turn } from '../turn.ts';

/** The engine's answer. */
interface ComposedAnswer {
  readonly answer: DeviceAnswer;
  /** Outcomes that the end of the session decided; the DM 2.0 session hears of them once the answer is stored. */
  readonly outcomes: readonly CommandOutcome[];
  readonly isAborted: boolean;
}

/**
 * Waits for the DM 2.0 session, at most until the answer is due, and lets the engine make the answer. Commands that turn
 * out to fit into no message go back to the DM 2.0 session first, because other commands may follow from that.
 */
export async function composeAnswer(turn: Turn, driver: NorthDriver): Promise<ComposedAnswer> {
  const { options, devices, startedAt, cell, encoder } = turn;
  for (;;) {
    const isReady = await devices.waitForNorth(driver, options.clock, startedAt + options.south.answerWithin);
    const { south } = sessionIn(cell);
    const { cred, locName, mac } = serverCredentialsFor(turn);
    const next = step(south, {
      type: 'answerDue',
      mode: isReady ? 'continue' : 'hold',
      cred,
      locName,
      mac,
      measure: encoder.measure,
    });
    const outcomes = outcomesIn(next.effects);
    if (outcomes.length === 0 || !isReady || next.session.phase === 'closed') {
      cell.session = { ...sessionIn(cell), south: next.session };
      applySouthEffects(options, cell, next.effects);
      const isAborted = next.effects.some(({ type }) => type === 'aborted');
      return { answer: encoder.encode(messageToSend(next)), outcomes, isAborted };
    }
    const withdrawn = step(south, { type: 'commandsWithdrawn', ids: outcomes.map(({ id }) => id) });
    cell.session = { ...sessionIn(cell), south: withdrawn.session };
    devices.startNorth(driver, [{ type: 'outcomes', outcomes }]);
  }
}
