/**
 * Values that the schema allows and that this version does not support yet.
 *
 * The start stops and names the key: a bridge without a function that the operator configured would surprise them later.
 * A change that adds such a function deletes its row here.
 */
import { type KeyPath, keyPathsOf, type SourceProblem } from './yaml-source.ts';

interface NotBuilt {
  /** Keys from the root; `*` is every key or index. */
  readonly at: KeyPath;
  /** Absent: any value. */
  readonly when?: (value: unknown) => boolean;
}

const NOT_BUILT: readonly NotBuilt[] = [
  { at: ['routes', '*', 'passthrough', 'respUri'], when: (respUri) => respUri !== 'keep' },
  { at: ['routes', '*', 'passthrough', 'shadow'] },
  { at: ['store'], when: isRedis },
  { at: ['store', 'url'], when: isRedis },
];

/** Every value in the configuration that needs a function that is not built yet. */
export function findNotBuilt(config: unknown): readonly SourceProblem[] {
  return NOT_BUILT.flatMap(({ at, when }) =>
    keyPathsOf(config, at)
      .filter(({ value }) => when === undefined || when(value))
      .map(({ path, value }) => ({ path, message: isWord(value) ? `${value} is not built yet` : 'is not built yet' })),
  );
}

function isRedis(url: unknown): boolean {
  return typeof url === 'string' && /^rediss?:/.test(url);
}

/** True for a choice such as `hmac-md5`. The message does not repeat any other value, such as a URL. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9-]+$/.test(value);
}
