/**
 * A page of HTML as a list of what matters to a user without a screen: texts, line breaks and controls, in tree order.
 *
 * The walk is iterative and leaves out nodes below a depth of 512; parse5 builds the tree as browsers do.
 */
import type { DefaultTreeAdapterTypes } from 'parse5';
import { parseBounded } from './bounded-parser.ts';

export type HtmlElement = DefaultTreeAdapterTypes.Element;
type HtmlNode = DefaultTreeAdapterTypes.Node;

/** A part of a page. */
export type PagePart =
  /** `label`: the label element around it. */
  | { readonly kind: 'text'; readonly text: string; readonly label: HtmlElement | undefined }
  | { readonly kind: 'break' }
  | {
      readonly kind: 'control';
      readonly element: HtmlElement;
      /** The form that it is written in, and the label around it. */
      readonly form: HtmlElement | undefined;
      readonly label: HtmlElement | undefined;
      /** The user does not see it. */
      readonly isHidden: boolean;
    };

export interface PageParts {
  readonly parts: readonly PagePart[];
  readonly title: string;
  /** The first `href` of a base element. */
  readonly base: string | undefined;
  readonly forms: readonly HtmlElement[];
  readonly labels: readonly HtmlElement[];
}

const MAX_DEPTH = 512;

/** Elements whose content is no part of the page. */
const LEFT_OUT: ReadonlySet<string> = new Set(['script', 'style', 'template', 'noscript', 'datalist', 'iframe']);
const CONTROLS: ReadonlySet<string> = new Set(['input', 'select', 'textarea', 'button']);
const BLOCKS: ReadonlySet<string> = new Set(
  (
    'address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 ' +
    'h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search section summary table ' +
    'caption tbody thead tfoot tr td th ul'
  ).split(' '),
);

/** The values that an element gives to all below it. */
interface Surroundings {
  readonly depth: number;
  readonly form: HtmlElement | undefined;
  readonly label: HtmlElement | undefined;
  readonly isHidden: boolean;
  readonly isDisabled: boolean;
}

interface Visit extends Surroundings {
  readonly node: HtmlNode | 'end of block';
}

/** The parts; undefined for a page that is nested too deeply or has too many elements. */
export function readParts(html: string): PageParts | undefined {
  const page = parseBounded(html);
  if (page === undefined) return undefined;
  const parts: PagePart[] = [];
  const forms: HtmlElement[] = [];
  const labels: HtmlElement[] = [];
  let title = '';
  let base: string | undefined;
  const start = { depth: 0, form: undefined, label: undefined, isHidden: false, isDisabled: false };
  const stack: Visit[] = [{ node: page.document, ...start }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { node } = visit;
    if (node === 'end of block') {
      parts.push({ kind: 'break' });
    } else if ('value' in node) {
      if (!visit.isHidden) parts.push({ kind: 'text', text: node.value, label: visit.label });
    } else if ('tagName' in node) {
      if (node.tagName === 'head') {
        title = firstBelow(node, 'title')?.childNodes.map(textOfNode).join('') ?? '';
      }
      if (node.tagName === 'base') base ??= attributeOf(node, 'href');
      if (node.tagName === 'form') forms.push(node);
      if (node.tagName === 'label') labels.push(node);
      enter(node, { ...visit, form: page.openForms.get(node) ?? visit.form }, parts, stack);
    } else if ('childNodes' in node) {
      pushChildren(node.childNodes, visit, stack);
    }
  }
  return { parts, title, base, forms, labels };
}

/** Adds what the element is to the parts, and its children to the stack. */
function enter(element: HtmlElement, visit: Visit, parts: PagePart[], stack: Visit[]): void {
  const { tagName } = element;
  if (LEFT_OUT.has(tagName) || visit.depth >= MAX_DEPTH) return;
  const isHidden = visit.isHidden || tagName === 'head' || isElementHidden(element);
  if (CONTROLS.has(tagName)) {
    const isDisabled = visit.isDisabled || hasAttribute(element, 'disabled');
    if (!isDisabled) parts.push({ kind: 'control', element, form: visit.form, label: visit.label, isHidden });
    return;
  }
  const isVisible = !isHidden;
  if (isVisible && tagName === 'img') {
    parts.push({ kind: 'text', text: attributeOf(element, 'alt') ?? '', label: visit.label });
  }
  if (isVisible && tagName === 'br') parts.push({ kind: 'break' });
  const inside: Surroundings = {
    depth: visit.depth + 1,
    form: tagName === 'form' ? element : visit.form,
    label: tagName === 'label' ? element : visit.label,
    isHidden,
    isDisabled: visit.isDisabled,
  };
  if (isVisible && BLOCKS.has(tagName)) {
    parts.push({ kind: 'break' });
    stack.push({ ...inside, node: 'end of block' });
  }
  const isOff = tagName === 'fieldset' && hasAttribute(element, 'disabled');
  if (isOff) pushFieldset(element, inside, stack);
  else pushChildren(element.childNodes, inside, stack);
}

/** A disabled fieldset disables all controls but those in its first legend. */
function pushFieldset(fieldset: HtmlElement, inside: Surroundings, stack: Visit[]): void {
  const legend = fieldset.childNodes.find((child) => 'tagName' in child && child.tagName === 'legend');
  for (const child of fieldset.childNodes.toReversed()) {
    stack.push({ ...inside, isDisabled: inside.isDisabled || child !== legend, node: child });
  }
}

function pushChildren(children: readonly HtmlNode[], inside: Surroundings, stack: Visit[]): void {
  for (let at = children.length - 1; at >= 0; at -= 1) {
    const node = children[at];
    if (node !== undefined) stack.push({ ...inside, node });
  }
}

function isElementHidden(element: HtmlElement): boolean {
  const style = attributeOf(element, 'style') ?? '';
  if (element.tagName === 'dialog' && !hasAttribute(element, 'open')) return true;
  return hasAttribute(element, 'hidden') || /(?:^|;)\s*display\s*:\s*none\b/iu.test(style);
}

function firstBelow(element: HtmlElement, tagName: string): HtmlElement | undefined {
  return element.childNodes.find((child): child is HtmlElement => 'tagName' in child && child.tagName === tagName);
}

function textOfNode(node: HtmlNode): string {
  return 'value' in node ? node.value : '';
}

/** The text of an element without the texts of elements in it: of an option or a textarea. */
export function ownText(element: HtmlElement): string {
  return element.childNodes.map(textOfNode).join('');
}

export function attributeOf({ attrs }: HtmlElement, name: string): string | undefined {
  return attrs.find((attribute) => attribute.name === name)?.value;
}

export function hasAttribute(element: HtmlElement, name: string): boolean {
  return attributeOf(element, name) !== undefined;
}
