/** Patterns in which `*` matches any text, as device profiles have them. */

/**
 * True when the whole text matches. The time is linear in the length of both, whatever the pattern. It may have placeholders such as `{model}`, each of which means exactly that text: a `*` in it is no
 * pattern. A placeholder without a text matches nothing.
 */
export function templateMatches(
  template: string,
  values: Readonly<Record<string, string | undefined>>,
  text: string,
): boolean {
  const names = Object.keys(values).filter((name) => template.includes(`{${name}}`));
  if (names.some((name) => values[name] === undefined)) return false;
  const fill = (part: string): string =>
    part.replace(/\{(\w+)\}/gu, (placeholder, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? '') : placeholder,
    );
  return partsMatch(template.split('*').map(fill), text);
}

/** `parts`: the texts before, between and after the `*` of a pattern. */
function partsMatch(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return first === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
