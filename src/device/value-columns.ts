/** The rules for columns of the devices file that are kept as values of the device. */

const DM_VERSIONS: readonly string[] = ['1.1', '1.2', '1.3'];
const BINDINGS: readonly string[] = ['token', 'address'];
const TAG = /^[a-z0-9._-]{1,40}$/;
const MAX_TAGS = 20;
/** A host name, an IPv4 address or a bracketed IPv6 address, with or without a port. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[([^\]]+)\])(?::(\d{1,5}))?$/;
const MAX_PORT = 65_535;

/** The problems of a row with these columns. */
export function valueProblems(cell: (column: string) => string): readonly string[] {
  const problems: string[] = [];
  const check = (column: string, isGood: (text: string) => boolean, rule: string): void => {
    const text = cell(column);
    if (text !== '' && !isGood(text)) problems.push(`${column}: "${text}" is not ${rule}`);
  };
  check('binding', (text) => BINDINGS.includes(text), 'token or address');
  check('dmVersion', (text) => DM_VERSIONS.includes(text), 'one of 1.1, 1.2, 1.3');
  check('msisdn', (text) => /^\+?\d+$/.test(text), 'a number with + and digits');
  check('pushHost', isPushHost, 'HOST or HOST:PORT');
  check('pushUrl', isHttpUrl, 'an http or https URL');
  const tags = cell('tags')
    .split(/\s+/)
    .filter((tag) => tag !== '');
  if (tags.length > MAX_TAGS) problems.push(`tags: ${tags.length} tags, but a device has at most ${MAX_TAGS}`);
  for (const tag of tags) {
    if (!TAG.test(tag)) problems.push(`tags: "${tag}" is not 1 to 40 of a-z, 0-9, ".", "_" and "-"`);
  }
  return problems;
}

function isPushHost(text: string): boolean {
  const match = HOST.exec(text);
  if (match === null) return false;
  const [, address, port = '1'] = match;
  return (
    (address === undefined || URL.canParse(`http://[${address}]/`)) && Number(port) >= 1 && Number(port) <= MAX_PORT
  );
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}
