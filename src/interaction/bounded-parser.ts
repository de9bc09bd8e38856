/**
 * HTML as the tree that browsers build of it, within bounds.
 *
 * The rules of HTML for wrongly nested elements take a time, and build a tree, that can grow with the square of the page's length.
 * A page that goes beyond the bounds is given up.
 */
import { type DefaultTreeAdapterMap, type DefaultTreeAdapterTypes, defaultTreeAdapter, Parser } from 'parse5';

/** Elements that the parser creates for a page, those that it repeats by itself included. */
const MAX_ELEMENTS = 20_000;
/** Elements that are open at the same time. */
const MAX_OPEN_ELEMENTS = 1_024;
const MAX_ATTRIBUTES = 1_024;

export interface ParsedPage {
  readonly document: DefaultTreeAdapterTypes.Document;
  /**
   * The form that was open where each element begins. In a table it need not be around the element (HTML "create an element for
   * the token").
   */
  readonly openForms: ReadonlyMap<DefaultTreeAdapterTypes.Element, DefaultTreeAdapterTypes.Element>;
}

/** The page goes beyond a bound. */
class BeyondBounds extends Error {}

/** The page; undefined when it goes beyond the bounds. */
export function parseBounded(html: string): ParsedPage | undefined {
  let elements = 0;
  let open = 0;
  const openForms = new Map<DefaultTreeAdapterTypes.Element, DefaultTreeAdapterTypes.Element>();
  const treeAdapter: typeof defaultTreeAdapter = {
    ...defaultTreeAdapter,
    createElement: (...element) => {
      elements += 1;
      const [, , attributes] = element;
      if (elements > MAX_ELEMENTS || attributes.length > MAX_ATTRIBUTES) throw new BeyondBounds();
      const created = defaultTreeAdapter.createElement(...element);
      const form = parser.formElement;
      if (form !== null) openForms.set(created, form);
      return created;
    },
    onItemPush: () => {
      open += 1;
      if (open > MAX_OPEN_ELEMENTS) throw new BeyondBounds();
    },
    onItemPop: () => {
      open -= 1;
    },
  };
  const parser = new Parser<DefaultTreeAdapterMap>({ treeAdapter });
  try {
    parser.tokenizer.write(html, true);
    return { document: parser.document, openForms };
  } catch (error) {
    if (error instanceof BeyondBounds) return undefined;
    throw error;
  }
}
