/** The labels of controls, and which of their texts are texts of the page (HTML "The label element"). */
import { collapsed } from './controls.ts';
import { attributeOf, type HtmlElement, type PageParts } from './html-tree.ts';
import { VisibleText } from './visible-text.ts';

/** A control with the label around it. */
export interface Labelled {
  readonly element: HtmlElement;
  readonly label: HtmlElement | undefined;
  /** Its label is the text of a choice. */
  readonly isChoice: boolean;
}

export class Labels {
  readonly #byElement: ReadonlyMap<HtmlElement, HtmlElement>;
  readonly #texts: ReadonlyMap<HtmlElement, string>;
  readonly #moved: ReadonlySet<HtmlElement>;

  constructor(page: PageParts, controls: readonly Labelled[]) {
    this.#byElement = labelsOf(page, controls);
    this.#texts = textsOf(page);
    this.#moved = this.#movedLabels(page, controls);
  }

  /** The text of the control's label; '' for none. */
  textOf(element: HtmlElement): string {
    const label = this.#byElement.get(element);
    return label === undefined ? '' : (this.#texts.get(label) ?? '');
  }

  /** True when the text of this label goes to its control, and is no text of the page where it is. */
  isMoved(label: HtmlElement | undefined): boolean {
    return label !== undefined && this.#moved.has(label);
  }

  /** The labels of choices, and those that come behind their controls. */
  #movedLabels(page: PageParts, controls: readonly Labelled[]): ReadonlySet<HtmlElement> {
    const byElement = new Map(controls.map((control) => [control.element, control]));
    const begun = new Set<HtmlElement>();
    const moved = new Set<HtmlElement>();
    for (const part of page.parts) {
      if (part.kind === 'text' && part.label !== undefined && part.text.trim() !== '') begun.add(part.label);
      const control = part.kind === 'control' ? byElement.get(part.element) : undefined;
      const label = control === undefined ? undefined : this.#byElement.get(control.element);
      if (label !== undefined && (control?.isChoice === true || !begun.has(label))) moved.add(label);
    }
    return moved;
  }
}

/** The label of each control: one that names it by `for`, else the one around it. */
function labelsOf(page: PageParts, controls: readonly Labelled[]): ReadonlyMap<HtmlElement, HtmlElement> {
  const byId = new Map<string, HtmlElement>();
  for (const { element } of controls) {
    const id = attributeOf(element, 'id');
    if (id !== undefined && !byId.has(id)) byId.set(id, element);
  }
  const labels = new Map<HtmlElement, HtmlElement>();
  for (const label of page.labels) {
    const element = byId.get(attributeOf(label, 'for') ?? '');
    if (element !== undefined && !labels.has(element)) labels.set(element, label);
  }
  for (const { element, label } of controls) {
    const isAround = label !== undefined && attributeOf(label, 'for') === undefined;
    if (isAround && !labels.has(element)) labels.set(element, label);
  }
  return labels;
}

function textsOf(page: PageParts): ReadonlyMap<HtmlElement, string> {
  const texts = new Map<HtmlElement, VisibleText>();
  for (const part of page.parts) {
    if (part.kind !== 'text' || part.label === undefined) continue;
    const text = texts.get(part.label) ?? new VisibleText();
    text.add(part.text);
    texts.set(part.label, text);
  }
  return new Map(Array.from(texts, ([label, text]) => [label, collapsed(text.take())]));
}
