/**
 * The parts of the tree that a command changes, so that a batch ends exactly before the first command whose resolution or
 * data an unanswered earlier command can change (DM-2.0 §5.2.3: commands are processed in sequence).
 */
import { type LocUri, ROOT } from './loc-uri.ts';

/**
 * A change at a LocURI:
 * - `value`: an existing leaf gets another value
 * - `structure`: nodes below or at it appear or disappear
 * - `instance`: as `structure`, and MO instances may appear or disappear
 * - `exec`: a node of the MO instance rooted at `locUri` was executed: anything inside may change
 */
export interface TreeChange {
  readonly locUri: LocUri;
  readonly change: 'value' | 'structure' | 'instance' | 'exec';
}

/** Any node: the reach of a search of the device, and of a change whose place is not known yet. */
export const ANYWHERE: readonly TreeChange[] = [{ locUri: ROOT, change: 'instance' }];
