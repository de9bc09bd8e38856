/**
 * HTML as the tree that browsers build of it, within bounds.
 *
 * The rules of HTML for wrongly nested elements take a time, and build a tree, that can grow with the square of the page's length.
 * A page that goes beyond the bounds is given up.
 */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';

/** Elements that the parser creates for a page, those that it repeats by itself included. */
const MAX_ELEMENTS = 20_000;
/** Elements that are open at the same time. */
const MAX_OPEN_ELEMENTS = 1_024;
const MAX_ATTRIBUTES = 1_024;

/** The page goes beyond a bound. */
class BeyondBounds extends Error {}

/** The document; undefined for a page that goes beyond the bounds. */
export function parseBounded(html: string): DefaultTreeAdapterTypes.Document | undefined {
  let elements = 0;
  let open = 0;
  const treeAdapter: typeof defaultTreeAdapter = {
    ...defaultTreeAdapter,
    createElement: (...element) => {
      elements += 1;
      const [, , attributes] = element;
      if (elements > MAX_ELEMENTS || attributes.length > MAX_ATTRIBUTES) throw new BeyondBounds();
      return defaultTreeAdapter.createElement(...element);
    },
    onItemPush: () => {
      open += 1;
      if (open > MAX_OPEN_ELEMENTS) throw new BeyondBounds();
    },
    onItemPop: () => {
      open -= 1;
    },
  };
  try {
    return parse(html, { treeAdapter });
  } catch (error) {
    if (error instanceof BeyondBounds) return undefined;
    throw error;
  }
}
