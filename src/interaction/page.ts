/**
 * The page of a SHOW as user interaction alerts, one for each control of its form, and the form that the answers fill in
 * (DM-2.0 §5.3.7; DM-1.3 §10). All of it is plain data that survives JSON.
 */

/** The code of a user interaction alert. */
export type InteractionCode = 1100 | 1101 | 1102 | 1103 | 1104;

/** One alert for the user of the device. */
export interface PageAlert {
  readonly code: InteractionCode;
  /** The optional parameters, such as `DR=Bo&MAXLEN=5`; '' for none (DM-1.3 §10.3). */
  readonly options: string;
  readonly text: string;
  /** Of 1103 and 1104: at most 50. */
  readonly choices: readonly string[];
}

/** The form of a text that a user types: dates and times are written differently in DM 1.x and in HTML. */
export type TextForm = 'text' | 'date' | 'time';

/** One name of the form with the value that is sent; `alert` is the place of the alert whose answer decides. */
export type FormField =
  /** Is sent as it is. */
  | { readonly kind: 'fixed'; readonly name: string; readonly value: string }
  /** Has the text that the user typed as its value. */
  | { readonly kind: 'text'; readonly name: string; readonly alert: number; readonly form: TextForm }
  /** Is sent when the answer is yes: a lone checkbox, and the first of two buttons; or when it is no: the second one. */
  | {
      readonly kind: 'decision';
      readonly name: string;
      readonly value: string;
      readonly alert: number;
      readonly isFor: boolean;
    }
  /** Is sent when the user has chosen this number, which counts from 1. */
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly value: string;
      readonly alert: number;
      readonly choice: number;
    };

/** The request that submits a form. */
export interface FormTarget {
  readonly method: 'GET' | 'POST';
  /** Absolute, without fragment. */
  readonly action: string;
  readonly isMultipart: boolean;
}

export interface PageForm extends FormTarget {
  /** Of a page that only asks for one of two buttons: the request of the second one, when it is another. */
  readonly secondTarget?: FormTarget;
  /** In tree order. A `decision` without a name sends nothing. */
  readonly fields: readonly FormField[];
}

export interface Page {
  /** In the order in which they are shown: 1 to 20. */
  readonly alerts: readonly PageAlert[];
  /** Absent: nothing is sent after the alerts. */
  readonly form?: PageForm;
}

/** The reason why a page cannot be shown. */
export interface UnfitPage {
  readonly problem: string;
}

/** The page of a resource that is plain text. */
export function textPage(text: string): Page {
  return { alerts: [{ code: 1100, options: '', text: text.trim(), choices: [] }] };
}
