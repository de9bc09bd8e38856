/** The controls of a form: what each asks the user, and what a browser would submit for it (DM-2.0 §5.3.7; HTML "Form submission"). */
import { attributeOf, type HtmlElement, hasAttribute, ownText } from './html-tree.ts';
import type { TextForm } from './page.ts';

/** A name and a value as they are submitted. */
export interface Entry {
  readonly name: string;
  readonly value: string;
}

export interface ChoiceOption extends Entry {
  /** The text that the user sees. */
  readonly text: string;
  readonly isSelected: boolean;
}

/** One element of a form by what it does; an element that a browser does not submit has none. */
export type Control =
  | { readonly kind: 'fixed'; readonly entries: readonly Entry[] }
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly value: string;
      readonly maxLength: string | undefined;
      /** The input type (IT) of DM-1.3 §10.3.5; undefined: any characters. */
      readonly inputType: 'N' | 'D' | 'T' | 'P' | 'I' | undefined;
      readonly isPassword: boolean;
      readonly form: TextForm;
    }
  | {
      readonly kind: 'select';
      readonly isMultiple: boolean;
      readonly options: readonly ChoiceOption[];
      readonly unchanged: readonly Entry[];
    }
  | { readonly kind: 'radio' | 'checkbox'; readonly name: string; readonly value: string; readonly isChecked: boolean }
  | { readonly kind: 'submit'; readonly name: string; readonly value: string; readonly isFocused: boolean }
  /** An element that no alert can show. */
  | { readonly kind: 'unfit'; readonly what: string };

/** The control of an element, as the user may change it; undefined for one that a browser does not submit. */
export function controlOf(element: HtmlElement): Control | undefined {
  const name = attributeOf(element, 'name') ?? '';
  switch (element.tagName) {
    case 'select':
      return name === '' ? undefined : selectOf(element, name);
    case 'textarea':
      return name === '' ? undefined : textareaOf(element, name);
    case 'button':
      return buttonOf(element, name);
    default:
      return inputOf(element, name);
  }
}

/** The control as a browser submits it when the user cannot change it. */
export function fixedControl(control: Control): Control | undefined {
  switch (control.kind) {
    case 'text':
      return { kind: 'fixed', entries: [{ name: control.name, value: control.value }] };
    case 'select':
      return { kind: 'fixed', entries: control.unchanged };
    case 'radio':
    case 'checkbox':
      return control.isChecked ? { kind: 'fixed', entries: [{ name: control.name, value: control.value }] } : undefined;
    default:
      return control;
  }
}

/** The entries of a list that the user does not change: one for a single choice shows its first option where none is selected. */
function selectedEntries(options: readonly ChoiceOption[], isMultiple: boolean): readonly Entry[] {
  const selected = options.filter(({ isSelected }) => isSelected);
  const shown = isMultiple || selected.length > 0 ? selected : options.slice(0, 1);
  return (isMultiple ? shown : shown.slice(-1)).map(({ name, value }) => ({ name, value }));
}

function inputOf(element: HtmlElement, name: string): Control | undefined {
  const type = (attributeOf(element, 'type') ?? 'text').toLowerCase();
  const value = attributeOf(element, 'value') ?? '';
  if (type === 'submit') return { kind: 'submit', name, value, isFocused: hasAttribute(element, 'autofocus') };
  if (UNFIT_TYPES.has(type)) return { kind: 'unfit', what: `an input of type ${type}` };
  if (type === 'button' || type === 'reset' || name === '') return undefined;
  if (type === 'hidden') return { kind: 'fixed', entries: [{ name, value: name === '_charset_' ? 'UTF-8' : value }] };
  if (type === 'radio' || type === 'checkbox') {
    const isChecked = hasAttribute(element, 'checked');
    return { kind: type, name, value: attributeOf(element, 'value') ?? 'on', isChecked };
  }
  const text: Control = {
    kind: 'text',
    name,
    value: initialText(type, value),
    maxLength: maxLengthOf(element),
    inputType: inputTypeOf(type, element),
    isPassword: type === 'password',
    form: type === 'date' || type === 'time' ? type : 'text',
  };
  return hasAttribute(element, 'readonly') ? fixedControl(text) : text;
}

/** The value as a browser shows it: on one line, and nothing in place of a number that is none (HTML "value sanitization"). */
function initialText(type: string, value: string): string {
  const line = value.replaceAll(/[\r\n]/gu, '');
  if (type !== 'number' && type !== 'range') return line;
  return /^-?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?$/iu.test(line) ? line : '';
}

/** Types of input that have no alert; a type that HTML does not know is text. */
const UNFIT_TYPES: ReadonlySet<string> = new Set(['file', 'image', 'color', 'month', 'week', 'datetime-local']);

function inputTypeOf(type: string, element: HtmlElement): 'N' | 'D' | 'T' | 'P' | 'I' | undefined {
  const mode = attributeOf(element, 'inputmode')?.toLowerCase();
  if (mode === 'ip' || attributeOf(element, 'data-it')?.toUpperCase() === 'I') return 'I';
  if (type === 'date') return 'D';
  if (type === 'time') return 'T';
  if (type === 'tel') return 'P';
  return type === 'number' || type === 'range' || mode === 'numeric' || mode === 'decimal' ? 'N' : undefined;
}

function textareaOf(element: HtmlElement, name: string): Control | undefined {
  const text: Control = {
    kind: 'text',
    name,
    value: ownText(element),
    maxLength: maxLengthOf(element),
    inputType: inputTypeOf('textarea', element),
    isPassword: false,
    form: 'text',
  };
  return hasAttribute(element, 'readonly') ? fixedControl(text) : text;
}

function buttonOf(element: HtmlElement, name: string): Control | undefined {
  const type = (attributeOf(element, 'type') ?? 'submit').toLowerCase();
  if (type === 'button' || type === 'reset') return undefined;
  const value = attributeOf(element, 'value') ?? '';
  return { kind: 'submit', name, value, isFocused: hasAttribute(element, 'autofocus') };
}

/** A positive number of characters; undefined for anything else. */
function maxLengthOf(element: HtmlElement): string | undefined {
  const text = attributeOf(element, 'maxlength')?.trim();
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? text : undefined;
}

/** The options that a user can choose: not the disabled ones, and not an empty first one, which only says what to do. */
function selectOf(element: HtmlElement, name: string): Control {
  const options = optionsBelow(element).map((option): ChoiceOption => {
    const text = collapsed(attributeOf(option, 'label') || ownText(option));
    return {
      name,
      value: attributeOf(option, 'value') ?? text,
      text,
      isSelected: hasAttribute(option, 'selected'),
    };
  });
  const disabled = optionsBelow(element).map((option) => hasAttribute(option, 'disabled') || isInDisabledGroup(option));
  const enabled = options.filter((_, at) => disabled[at] !== true);
  const shown = enabled.filter((option) => !(option === options[0] && option.value === ''));
  const isMultiple = hasAttribute(element, 'multiple');
  // Of several selected options in a list for one, the last one counts.
  const last = isMultiple ? -1 : shown.findLastIndex(({ isSelected }) => isSelected);
  return {
    kind: 'select',
    isMultiple,
    unchanged: selectedEntries(enabled, isMultiple),
    options: shown.map((option, at) => (isMultiple || at === last ? option : { ...option, isSelected: false })),
  };
}

function optionsBelow(select: HtmlElement): readonly HtmlElement[] {
  return elementsIn(select).flatMap((child) => {
    if (child.tagName === 'option') return [child];
    return child.tagName === 'optgroup' ? elementsIn(child).filter(({ tagName }) => tagName === 'option') : [];
  });
}

function elementsIn({ childNodes }: HtmlElement): readonly HtmlElement[] {
  return childNodes.flatMap((child) => ('tagName' in child ? [child] : []));
}

function isInDisabledGroup({ parentNode }: HtmlElement): boolean {
  const isGroup = parentNode !== null && 'tagName' in parentNode && parentNode.tagName === 'optgroup';
  return isGroup && hasAttribute(parentNode, 'disabled');
}

export function collapsed(text: string): string {
  return text.replaceAll(/[ \t\n\f\r]+/gu, ' ').trim();
}
