/**
 * The scripted user of a simulated device: answers to the user interaction alerts.
 *
 * @see DM-1.3 §10
 */
import type { WireCommand, WireItem } from './message.ts';

export interface UserScript {
  /** 1101, and whether a choice or an input is given at all. */
  readonly answer: 'yes' | 'no' | 'cancel' | 'timeout';
  /** 1102. */
  readonly input: string;
  /** 1103 takes the first, 1104 all; counted from 1. */
  readonly choices: readonly number[];
}

export const AGREEABLE_USER: UserScript = { answer: 'yes', input: '', choices: [1] };

export interface UserAnswer {
  readonly code: number;
  readonly items: readonly WireItem[];
}

/** Shows the alert to the user and reports the outcome as DM-1.3 §10.2 wants it. */
export function askUser(alert: WireCommand, user: UserScript): UserAnswer {
  const [, text, ...choices] = alert.items;
  if (text?.data === undefined) return { code: 400, items: [] };
  if (alert.data === '1100') return { code: 200, items: [] };
  if (user.answer === 'cancel') return { code: 214, items: [] };
  if (user.answer === 'timeout') return { code: 408, items: [] };
  switch (alert.data) {
    case '1101':
      return { code: user.answer === 'no' ? 304 : 200, items: [] };
    case '1102':
      return { code: 200, items: [{ data: user.input }] };
    case '1103':
      return chosen(user.choices.slice(0, 1), choices.length);
    default:
      return chosen(user.choices, choices.length);
  }
}

function chosen(numbers: readonly number[], count: number): UserAnswer {
  if (numbers.some((number) => number < 1 || number > count)) return { code: 416, items: [] };
  return { code: 200, items: numbers.map((number) => ({ data: String(number) })) };
}
