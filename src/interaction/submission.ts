/** The request that submits a form with the user's answers, as a browser makes it (HTML "Form submission algorithm"). */
import { fromAlertText } from './alert-options.ts';
import type { Entry } from './controls.ts';
import type { FormField, FormTarget, PageForm } from './page.ts';

/** The answer to one alert: a text, the numbers of choices, or yes and no. */
export type Answer = string | readonly number[] | boolean;

export interface Submission {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** With POST. */
  readonly contentType?: string;
  readonly body?: string;
}

/**
 * The request of a form.
 * @param answers one for each alert of the page
 * @param boundary of a multipart body: text that no value has by chance
 */
export function submissionOf(form: PageForm, answers: readonly Answer[], boundary: string): Submission {
  const entries = form.fields.flatMap((field) => {
    const entry = entryOf(field, answers);
    return entry === undefined ? [] : [{ name: withCrLf(entry.name), value: withCrLf(entry.value) }];
  });
  const { method, action, isMultipart } = targetOf(form, answers);
  if (method === 'GET') {
    const url = new URL(action);
    url.search = encoded(entries);
    return { method, url: url.href };
  }
  if (!isMultipart) {
    return { method, url: action, contentType: 'application/x-www-form-urlencoded', body: encoded(entries) };
  }
  const contentType = `multipart/form-data; boundary=${boundary}`;
  return { method, url: action, contentType, body: multipart(entries, boundary) };
}

/** The second of two buttons may lead to another address than the first one. */
function targetOf(form: PageForm, answers: readonly Answer[]): FormTarget {
  return form.secondTarget !== undefined && answers.includes(false) ? form.secondTarget : form;
}

function entryOf(field: FormField, answers: readonly Answer[]): Entry | undefined {
  const { name } = field;
  if (field.kind === 'fixed') return { name, value: field.value };
  const answer = answers[field.alert];
  switch (field.kind) {
    case 'text': {
      const value = typeof answer === 'string' ? fromAlertText(answer, field.form) : undefined;
      return value === undefined ? undefined : { name, value };
    }
    case 'decision':
      return answer === field.isFor && name !== '' ? { name, value: field.value } : undefined;
    case 'choice': {
      const isChosen = Array.isArray(answer) && answer.includes(field.choice);
      return isChosen ? { name, value: field.value } : undefined;
    }
  }
}

/** Line ends as forms have them. */
function withCrLf(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/gu, '\r\n');
}

function encoded(entries: readonly Entry[]): string {
  return new URLSearchParams(entries.map(({ name, value }): [string, string] => [name, value])).toString();
}

function multipart(entries: readonly Entry[], boundary: string): string {
  const parts = entries.map(
    ({ name, value }) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${parameterText(name)}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--${boundary}--\r\n`;
}

/** A name inside the quotes of a header, as browsers write it. */
function parameterText(name: string): string {
  return name.replaceAll('\r\n', '%0D%0A').replaceAll('"', '%22');
}
