/**
 * Bodies as plain data for comparison: XML as a list with one line for each element, JSON as values, multipart as parts.
 *
 * XML is read by saxes, not by the reader under test. White space between elements, prefixes and the choice between CDATA and
 * escapes make no difference; the order of children does.
 */
import { SaxesParser } from 'saxes';

interface Open {
  readonly name: string;
  readonly uri: string;
  /** Lines of child elements, or the text of a leaf. */
  readonly lines: string[];
  text: string;
}

/** Returns the plain data of a body of XML, JSON or multipart; a body of another type is its text. */
export function canonicalBody(contentType: string, text: string): unknown {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (type.startsWith('multipart/')) return canonicalMultipart(contentType, text);
  if (type.endsWith('+xml') || type === 'text/xml') return canonicalXml(text);
  if (type.endsWith('json') || type === 'application/tnds20') return JSON.parse(text);
  // A transcript has no CR at the ends of its lines.
  return text.replaceAll('\r\n', '\n');
}

/** Returns one line for each element, indented by depth: `CmdID "4"`, with the namespace where it is not the parent's. */
export function canonicalXml(text: string): readonly string[] {
  const parser = new SaxesParser({ xmlns: true });
  const top: Open = { name: '', uri: '', lines: [], text: '' };
  const stack: Open[] = [top];
  const innermost = (): Open => stack.at(-1) ?? top;
  const addText = (piece: string): void => {
    innermost().text += piece;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => stack.push({ name: tag.local, uri: tag.uri, lines: [], text: '' }));
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = stack.pop() ?? top;
    innermost().lines.push(...linesOf(closed, innermost().uri));
  });
  parser.write(text).close();
  return top.lines;
}

/** White space alone, and beside elements, is left out. */
function linesOf({ name, uri, lines, text }: Open, parentUri: string): readonly string[] {
  const namespace = uri === parentUri ? '' : ` {${uri}}`;
  const content = text.trim() === '' ? '' : ` ${JSON.stringify(text)}`;
  return [`${name}${namespace}${content}`, ...lines.map((line) => `  ${line}`)];
}

interface Part {
  readonly disposition: string;
  readonly type: string;
  readonly body: unknown;
}

function canonicalMultipart(contentType: string, text: string): readonly Part[] {
  const boundary = /boundary="?([^";]+)"?/iu.exec(contentType)?.[1];
  if (boundary === undefined) throw new SyntaxError(`no boundary in "${contentType}"`);
  const [, ...pieces] = `\n${text.replaceAll('\r\n', '\n')}`.split(`\n--${boundary}`);
  if (pieces.at(-1)?.trim() !== '--') throw new SyntaxError('the multipart body has no closing boundary');
  return pieces.slice(0, -1).map(toPart);
}

function toPart(piece: string): Part {
  const [head = '', ...rest] = piece.slice(1).split('\n\n');
  const header = (name: string): string =>
    head
      .split('\n')
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const type = header('content-type');
  return { disposition: header('content-disposition'), type, body: canonicalBody(type, rest.join('\n\n')) };
}
