/**
 * The user of a simulated device, whose answers to the user interaction alerts are known in advance.
 *
 * @see DM-1.3 §10
 */
import { ALERT } from '../../syncml/alert-codes.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { isAlert, type WireCommand, type WireItem } from './message.ts';

export interface UserScript {
  /** The answer to 1101; `cancel` and `timeout` count for every alert. */
  readonly answer: 'yes' | 'no' | 'cancel' | 'timeout';
  /** The answer to 1102. */
  readonly input: string;
  /** The answer to 1103, which takes the first, and 1104; counted from 1. */
  readonly choices: readonly number[];
}

export const AGREEABLE_USER: UserScript = { answer: 'yes', input: '', choices: [1] };

export interface UserAnswer {
  readonly code: number;
  readonly items: readonly WireItem[];
}

/** Shows the alert to the user and returns the outcome (DM-1.3 §10.2). */
export function askUser(alert: WireCommand, user: UserScript): UserAnswer {
  const [, text, ...choices] = alert.items;
  if (text?.data === undefined) return { code: STATUS.badRequest, items: [] };
  if (isAlert(alert, ALERT.display)) return { code: STATUS.ok, items: [] };
  if (user.answer === 'cancel') return { code: STATUS.operationCancelled, items: [] };
  if (user.answer === 'timeout') return { code: STATUS.requestTimeout, items: [] };
  // DM-1.3 §10.2.2 uses the code 304 for the answer No.
  if (isAlert(alert, ALERT.confirmOrReject)) {
    return { code: user.answer === 'no' ? STATUS.notModified : STATUS.ok, items: [] };
  }
  if (isAlert(alert, ALERT.textInput)) return { code: STATUS.ok, items: [{ data: user.input }] };
  const isSingle = isAlert(alert, ALERT.singleChoice);
  return chosen(isSingle ? user.choices.slice(0, 1) : user.choices, choices.length);
}

function chosen(numbers: readonly number[], count: number): UserAnswer {
  if (numbers.some((number) => number < 1 || number > count)) return { code: STATUS.requestedSizeTooBig, items: [] };
  return { code: STATUS.ok, items: numbers.map((number) => ({ data: String(number) })) };
}
