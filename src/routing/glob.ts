/** Patterns of routes: `*` is any text, also with slashes, and `?` is one character. */

/**
 * Makes the test that is true for the texts that the whole pattern describes. It takes time in proportion to the product of
 * both lengths at most.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const pattern = [...glob];
  return (text) => matches(pattern, [...text]);
}

function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let used = 0;
  /** The place behind the last star, and the first character that it does not take. */
  let retry: { readonly pattern: number; text: number } | undefined;
  while (at < text.length) {
    if (pattern[used] === '*') {
      used += 1;
      retry = { pattern: used, text: at };
    } else if (pattern[used] === '?' || pattern[used] === text[at]) {
      used += 1;
      at += 1;
    } else if (retry === undefined) {
      return false;
    } else {
      retry.text += 1;
      at = retry.text;
      used = retry.pattern;
    }
  }
  return pattern.slice(used).every((character) => character === '*');
}
