/**
 * Returns the string that V8 uses as a key of objects. Two such strings are compared by their addresses, as in the `switch` over
 * names of elements. A string that was cut from another one is compared character by character.
 */
export function interned(text: string): string {
  const [key = text] = Object.keys({ [text]: true });
  return key;
}
