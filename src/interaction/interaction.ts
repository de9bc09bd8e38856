/**
 * The answers of a user to the alerts of one page: a machine whose state is a plain value (DM-1.3 §10.2).
 *
 * Nothing is submitted unless every alert of the page was answered.
 */
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { fromAlertText } from './alert-options.ts';
import type { FormField, Page, PageAlert } from './page.ts';
import type { Answer } from './submission.ts';

/** A page and the answers so far. */
export interface Interaction {
  readonly page: Page;
  /** One for each alert from the first one on. */
  readonly answers: readonly Answer[];
}

/** The Status of an alert, and the texts of its Items. */
export interface AlertStatus {
  readonly status: number;
  readonly items: readonly string[];
}

/** The page at which the early draft of DM 2.0 lets the session of the device go on. */
export interface LastPage {
  readonly url: string;
  /** True when the user is shown no further page. */
  readonly isEnd: boolean;
}

export type InteractionStep =
  | { readonly kind: 'asking'; readonly interaction: Interaction }
  /** All alerts are answered; the page has a form to submit. */
  | { readonly kind: 'complete'; readonly interaction: Interaction }
  | { readonly kind: 'ended'; readonly reason: string };

/** The alert that is next; undefined when all are answered. */
export function nextAlert({ page, answers }: Interaction): PageAlert | undefined {
  return page.alerts[answers.length];
}

/** The state after the Status of the alert that was asked. */
export function answerAlert(before: Interaction, status: AlertStatus): InteractionStep {
  const alert = nextAlert(before);
  if (alert === undefined) return { kind: 'ended', reason: 'a Status without an alert' };
  const answer = readAnswer(alert, status, formOfText(before));
  if (answer === undefined) return { kind: 'ended', reason: endingOf(status) };
  const interaction = { page: before.page, answers: [...before.answers, answer] };
  if (nextAlert(interaction) !== undefined) return { kind: 'asking', interaction };
  if (before.page.form === undefined) return { kind: 'ended', reason: 'the user has seen the page' };
  return { kind: 'complete', interaction };
}

function endingOf({ status }: AlertStatus): string {
  return isSuccess(status) ? 'the answer of the device is none' : `the device answered ${status}`;
}

/** The answer; undefined when the user gave none, or one that the alert does not have. */
function readAnswer(
  { code, choices }: PageAlert,
  { status, items }: AlertStatus,
  form: Extract<FormField, { readonly kind: 'text' }>['form'],
): Answer | undefined {
  if (code === 1101 && status === STATUS.notModified) return false;
  if (status !== STATUS.ok) return undefined;
  switch (code) {
    case 1100:
    case 1101:
      return true;
    case 1102: {
      const [text = ''] = items;
      return fromAlertText(text, form) === undefined ? undefined : text;
    }
    case 1103: {
      const numbers = numbersIn(items, choices.length);
      return numbers?.length === 1 ? numbers : undefined;
    }
    case 1104:
      return numbersIn(items, choices.length);
  }
}

/** The numbers in the Items, each once; undefined when one of them is no choice. */
function numbersIn(items: readonly string[], count: number): readonly number[] | undefined {
  const texts = items.map((item) => item.trim()).filter((text) => text !== '');
  const numbers = [...new Set(texts.map((text) => (/^\d{1,4}$/.test(text) ? Number(text) : 0)))];
  return numbers.every((number) => number >= 1 && number <= count) ? numbers : undefined;
}

/** The form of the text that answers the next alert. */
function formOfText({ page, answers }: Interaction): Extract<FormField, { readonly kind: 'text' }>['form'] {
  for (const field of page.form?.fields ?? []) {
    if (field.kind === 'text' && field.alert === answers.length) return field.form;
  }
  return 'text';
}
