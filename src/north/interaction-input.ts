/** The inputs of a session that concern the pages which the user of its device is shown. */
import {
  endInteraction,
  type InteractionChange,
  receiveAnswer,
  receivePage,
  resumeInteraction,
} from './interaction-steps.ts';
import type { PhaseInput } from './north-input.ts';
import type { NorthEffect, NorthEnvironment, NorthState } from './north-state.ts';
import type { OpenInteraction } from './open-interaction.ts';

/** A step of the interaction, and the rest of the input for the session itself; undefined: it is all for the session. */
interface InteractionInputStep {
  readonly state: NorthState;
  readonly effects: readonly NorthEffect[];
  readonly rest: PhaseInput | undefined;
}

/** Takes the part of the input that is for the interaction; undefined when there is none. */
export function stepInteraction(
  { at }: NorthEnvironment,
  state: NorthState,
  input: PhaseInput,
): InteractionInputStep | undefined {
  const { interaction } = state.north;
  if (interaction === undefined) return undefined;
  switch (input.type) {
    case 'outcomes': {
      const own = input.outcomes.find(({ id }) => isAsked(interaction, id));
      const change = own === undefined ? undefined : receiveAnswer(interaction, own, at);
      const outcomes = input.outcomes.filter((outcome) => outcome !== own);
      return changed(state, change, outcomes.length === 0 ? undefined : { ...input, outcomes });
    }
    case 'replied':
      return changed(state, receivePage(interaction, input.id, input.reply), undefined);
    case 'deviceGone':
      return changed(state, endInteraction('the device has left the session'), input);
    case 'interrupted':
      return changed(state, resumeInteraction(interaction), input);
    default:
      return undefined;
  }
}

function isAsked(interaction: OpenInteraction, id: string): boolean {
  return interaction.phase === 'asking' && interaction.alertId === id;
}

function changed(
  { north, device }: NorthState,
  change: InteractionChange | undefined,
  rest: PhaseInput | undefined,
): InteractionInputStep | undefined {
  if (change === undefined) return undefined;
  return { state: { north: { ...north, interaction: change.interaction }, device }, effects: change.effects, rest };
}
