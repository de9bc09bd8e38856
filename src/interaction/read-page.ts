/**
 * HTML as user interaction alerts: the text of the page and the controls of its one form (DM-2.0 §5.3.7).
 *
 * The time is linear in the length of the page. A page without form is one text; a form that has something that no alert can
 * show does not fit.
 */
import type { Mutable } from '../mutable.ts';
import { alertOptions } from './alert-options.ts';
import { type Control, collapsed, controlOf, fixedControl } from './controls.ts';
import { attributeOf, type HtmlElement, type PagePart, type PageParts, readParts } from './html-tree.ts';
import { Labels } from './labels.ts';
import type { FormField, FormTarget, Page, PageAlert, PageForm, UnfitPage } from './page.ts';
import { VisibleText } from './visible-text.ts';

const MAX_ALERTS = 20;
const MAX_CHOICES = 50;

/** A control of the page's form. */
interface Placed {
  readonly element: HtmlElement;
  readonly control: Control;
  readonly label: HtmlElement | undefined;
}

type Submit = Extract<Control, { readonly kind: 'submit' }>;

/**
 * Reads a page.
 * @param url the address of the page, for the action of its form
 */
export function readPage(html: string, url: string): Page | UnfitPage {
  const page = readParts(html);
  if (page === undefined) return { problem: 'the page has too many elements, or is nested too deeply' };
  const controls = controlsOf(page);
  if ('problem' in controls) return controls;
  return new PageReader(page, controls.placed, url).read(controls.form);
}

/** The controls of the one form that has any, by their parts. */
function controlsOf(
  page: PageParts,
): { readonly form: HtmlElement | undefined; readonly placed: ReadonlyMap<PagePart, Placed> } | UnfitPage {
  const byId = new Map(page.forms.toReversed().map((form) => [attributeOf(form, 'id'), form]));
  const placed = new Map<PagePart, Placed>();
  let form: HtmlElement | undefined;
  for (const part of page.parts) {
    if (part.kind !== 'control') continue;
    const id = attributeOf(part.element, 'form');
    const owner = id === undefined ? part.form : byId.get(id);
    if (owner === undefined) continue;
    const own = controlOf(part.element);
    const control = own !== undefined && part.isHidden ? fixedControl(own) : own;
    if (control === undefined) continue;
    if (control.kind === 'unfit') return { problem: `the page has ${control.what}` };
    form ??= owner;
    if (owner !== form) return { problem: 'the page has more than one form' };
    placed.set(part, { element: part.element, control, label: part.label });
  }
  return { form, placed };
}

/** Makes the alerts and the form of one page. */
class PageReader {
  readonly #page: PageParts;
  readonly #placed: ReadonlyMap<PagePart, Placed>;
  readonly #url: string;
  readonly #text = new VisibleText();
  readonly #alerts: PageAlert[] = [];
  readonly #fields: FormField[] = [];
  readonly #submits: readonly Submit[];
  /** Radio buttons and check boxes by their type and name. */
  readonly #groups = new Map<string, Placed[]>();
  /** The alert of each group. */
  readonly #groupAlerts = new Map<string, number>();
  readonly #labels: Labels;

  constructor(page: PageParts, placed: ReadonlyMap<PagePart, Placed>, url: string) {
    this.#page = page;
    this.#placed = placed;
    this.#url = url;
    const all = [...placed.values()];
    this.#submits = all.flatMap(({ control }) => (control.kind === 'submit' ? [control] : []));
    for (const each of all) {
      const key = groupKey(each.control);
      if (key === undefined) continue;
      const group = this.#groups.get(key) ?? [];
      group.push(each);
      this.#groups.set(key, group);
    }
    this.#labels = new Labels(
      page,
      all.map(({ element, control, label }) => ({ element, label, isChoice: this.#isChoice(control) })),
    );
  }

  read(form: HtmlElement | undefined): Page | UnfitPage {
    const isAsked = Array.from(this.#placed.values()).some(({ control }) => isQuestion(control));
    if (!isAsked && this.#submits.length > 2)
      return { problem: 'the page has only buttons, and more than two of them' };
    for (const part of this.#page.parts) {
      this.#readPart(part, isAsked);
      if (this.#alerts.length > MAX_ALERTS) return { problem: `the page has more than ${MAX_ALERTS} controls` };
    }
    const tooMany = this.#alerts.some(({ choices }) => choices.length > MAX_CHOICES);
    if (tooMany) return { problem: `a choice has more than ${MAX_CHOICES} options` };
    this.#addRest();
    const alerts = this.#alerts.map((alert) => (alert.text === '' ? { ...alert, text: this.#title() } : alert));
    const isSubmitted = form !== undefined && (isAsked || this.#submits.length > 0);
    if (!isSubmitted) return { alerts };
    const pageForm = this.#formOf(form, isAsked);
    return pageForm === undefined ? { problem: 'the action of the form is no URL' } : { alerts, form: pageForm };
  }

  #readPart(part: PagePart, isAsked: boolean): void {
    if (part.kind === 'break') this.#text.breakLine();
    if (part.kind === 'text' && !this.#labels.isMoved(part.label)) this.#text.add(part.text);
    const placed = this.#placed.get(part);
    if (placed !== undefined) this.#readControl(placed, isAsked);
  }

  #readControl(placed: Placed, isAsked: boolean): void {
    const { control } = placed;
    switch (control.kind) {
      case 'fixed':
        for (const { name, value } of control.entries) this.#fields.push({ kind: 'fixed', name, value });
        return;
      case 'text': {
        const alert = this.#ask(placed, { code: 1102, options: alertOptions(control), choices: [] });
        this.#fields.push({ kind: 'text', name: control.name, alert, form: control.form });
        return;
      }
      case 'select': {
        if (control.options.length === 0) return;
        const { options } = control;
        const alert = this.#ask(placed, {
          code: control.isMultiple ? 1104 : 1103,
          options: selectionOption(options.map(({ isSelected }) => isSelected)),
          choices: options.map(({ text }) => text),
        });
        for (const [at, { name, value }] of options.entries()) {
          this.#fields.push({ kind: 'choice', name, value, alert, choice: at + 1 });
        }
        return;
      }
      case 'radio':
      case 'checkbox':
        this.#readOption(placed, control);
        return;
      case 'submit':
        this.#readSubmit(control, isAsked);
        return;
      default:
        return;
    }
  }

  /** A radio button, a check box of a group, or a lone check box. */
  #readOption(placed: Placed, control: Extract<Control, { readonly kind: 'radio' | 'checkbox' }>): void {
    const key = groupKey(control) ?? '';
    const group = this.#groups.get(key) ?? [];
    const { name, value } = control;
    if (!this.#isChoice(control)) {
      const alert = this.#ask(placed, { code: 1101, options: `DR=${control.isChecked ? 1 : 0}`, choices: [] });
      this.#fields.push({ kind: 'decision', name, value, alert, isFor: true });
      return;
    }
    let alert = this.#groupAlerts.get(key);
    if (alert === undefined) {
      const code = control.kind === 'radio' ? 1103 : 1104;
      alert = this.#ask(undefined, {
        code,
        options: groupOption(group),
        choices: group.map((each) => this.#choiceText(each)),
      });
      this.#groupAlerts.set(key, alert);
    }
    this.#fields.push({ kind: 'choice', name, value, alert, choice: group.indexOf(placed) + 1 });
  }

  #readSubmit(control: Submit, isAsked: boolean): void {
    const { name, value } = control;
    if (this.#submits.length === 1) {
      if (name !== '') this.#fields.push({ kind: 'fixed', name, value });
      return;
    }
    if (isAsked) return;
    const [first] = this.#submits;
    const isFirst = control === first;
    if (isFirst) this.#ask(undefined, { code: 1101, options: control.isFocused ? 'DR=1' : '', choices: [] });
    this.#fields.push({ kind: 'decision', name, value, alert: this.#alerts.length - 1, isFor: isFirst });
  }

  /** Adds an alert with the text since the control before it and the control's label; returns its place. */
  #ask(placed: Placed | undefined, alert: Omit<PageAlert, 'text'>): number {
    const text = this.#text.take();
    const label = placed === undefined ? '' : this.#labelOf(placed);
    this.#alerts.push({ ...alert, text: label === '' || text.includes(label) ? text : `${text} ${label}`.trim() });
    return this.#alerts.length - 1;
  }

  /** The text behind the last control goes to its alert; a page without controls is one text. */
  #addRest(): void {
    const rest = this.#text.take();
    const last = this.#alerts.at(-1);
    if (last === undefined) this.#alerts.push({ code: 1100, options: '', text: rest, choices: [] });
    else if (rest !== '') this.#alerts[this.#alerts.length - 1] = { ...last, text: `${last.text}\n${rest}`.trim() };
  }

  #title(): string {
    return collapsed(this.#page.title);
  }

  /** True for a radio button, and for one of several check boxes of one name. */
  #isChoice(control: Control): boolean {
    const group = this.#groups.get(groupKey(control) ?? '') ?? [];
    return control.kind === 'radio' || (control.kind === 'checkbox' && group.length > 1);
  }

  #labelOf({ element, control }: Placed): string {
    const texts = [
      this.#labels.textOf(element),
      attributeOf(element, 'aria-label') ?? '',
      attributeOf(element, 'placeholder') ?? '',
      'name' in control ? control.name : (attributeOf(element, 'name') ?? ''),
    ];
    return texts.map(collapsed).find((text) => text !== '') ?? '';
  }

  #choiceText({ element, control }: Placed): string {
    const value = 'value' in control ? control.value : '';
    return this.#labels.textOf(element) || collapsed(attributeOf(element, 'aria-label') ?? '') || value;
  }

  #formOf(form: HtmlElement, isAsked: boolean): PageForm | undefined {
    const submitters = Array.from(this.#placed.values()).filter(({ control }) => control.kind === 'submit');
    const [first, second] = submitters.map(({ element }) => element);
    const isChoice = !isAsked && second !== undefined;
    // Beside controls, a form of several buttons is submitted by none of them.
    const target = this.#targetOf(form, isChoice || second === undefined ? first : undefined);
    const other = isChoice ? this.#targetOf(form, second) : target;
    if (target === undefined || other === undefined) return undefined;
    const made: Mutable<PageForm> = { ...target, fields: this.#fields };
    if (isChoice && !isSameTarget(target, other)) made.secondTarget = other;
    return made;
  }

  /** A button may name an address, a method and an encoding of its own. */
  #targetOf(form: HtmlElement, submitter: HtmlElement | undefined): FormTarget | undefined {
    const base = URL.parse(this.#page.base ?? '', this.#url) ?? URL.parse(this.#url);
    const attribute = (name: string) =>
      (submitter === undefined ? undefined : attributeOf(submitter, `form${name}`)) ?? attributeOf(form, name) ?? '';
    const written = attribute('action').trim();
    const action = written === '' ? URL.parse(this.#url) : URL.parse(written, base?.href);
    if (action === null) return undefined;
    action.hash = '';
    return {
      method: attribute('method').toLowerCase() === 'post' ? 'POST' : 'GET',
      action: action.href,
      isMultipart: attribute('enctype').toLowerCase() === 'multipart/form-data',
    };
  }
}

function isSameTarget(one: FormTarget, other: FormTarget): boolean {
  return one.method === other.method && one.action === other.action && one.isMultipart === other.isMultipart;
}

/** True for a control that the user answers. */
function isQuestion(control: Control): boolean {
  if (control.kind === 'select') return control.options.length > 0;
  return control.kind === 'text' || control.kind === 'radio' || control.kind === 'checkbox';
}

function groupKey(control: Control): string | undefined {
  return control.kind === 'radio' || control.kind === 'checkbox' ? `${control.kind} ${control.name}` : undefined;
}

function groupOption(group: readonly Placed[]): string {
  const checked = group.map(({ control }) => 'isChecked' in control && control.isChecked);
  // Of several checked radio buttons, only the last one stays so.
  const last = group[0]?.control.kind === 'radio' ? checked.lastIndexOf(true) : -1;
  return selectionOption(last < 0 ? checked : checked.map((_, at) => at === last));
}

/** The numbers of the selected choices as the default response (DM-1.3 §10.3.3). */
function selectionOption(selected: readonly boolean[]): string {
  const numbers = selected.flatMap((isSelected, at) => (isSelected ? [at + 1] : []));
  return numbers.length === 0 ? '' : `DR=${numbers.join('-')}`;
}
