/**
 * Which parts of the tree a command changes, so that a batch ends exactly before the first command whose resolution or
 * data an unanswered earlier command can change (DM-2.0 §5.2.3: commands are processed in sequence).
 */

/**
 * A change at a LocURI:
 * - `value`: an existing leaf gets another value
 * - `structure`: nodes below or at it appear or disappear
 * - `instance`: as `structure`, and MO instances may appear or disappear
 * - `exec`: a node of the MO instance rooted at `locUri` was executed: anything inside may change
 */
export interface TreeChange {
  readonly locUri: string;
  readonly change: 'value' | 'structure' | 'instance' | 'exec';
}

/** What a search of the device may read, and what is changed by who does not know yet where. */
export const ANYWHERE: readonly TreeChange[] = [{ locUri: '.', change: 'instance' }];

/** What a command wants to know, and would know wrongly while a change is unanswered. */
export type Interest =
  | { readonly type: 'tree'; readonly locUri: string }
  | { readonly type: 'existence'; readonly locUri: string }
  /** Which MO instances there are; `known`: the roots found so far. */
  | { readonly type: 'roots'; readonly known: readonly string[] };

/** True when `change`, not yet answered, can make what is known about `interest` wrong. */
export function disturbs(change: TreeChange, interest: Interest): boolean {
  if (interest.type === 'roots') {
    const takesInstances = interest.known.some((root) => isAtOrBelow(root, change.locUri));
    return change.change === 'instance' || (change.change === 'structure' && takesInstances);
  }
  if (!overlaps(change.locUri, interest.locUri)) return false;
  return interest.type === 'tree' || change.change !== 'value';
}

/** True when one LocURI is the other, or lies above it. */
export function overlaps(one: string, other: string): boolean {
  return isAtOrBelow(one, other) || isAtOrBelow(other, one);
}

/** True when `locUri` is `top` or lies in its sub-tree. */
export function isAtOrBelow(locUri: string, top: string): boolean {
  return top === '.' || locUri === top || locUri.startsWith(`${top}/`);
}
