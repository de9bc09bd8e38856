/** Bodies of 1 MB that were made to be slow: how long until they are refused or read, in milliseconds of CPU time. */
import { parseXml } from '../src/syncml/xml-reader.ts';
import { type BenchRow, median } from './row.ts';

const SIZE = 1 << 20;
const ROUNDS = 7;

const BODIES: Readonly<Record<string, string>> = {
  'only "<"': '<'.repeat(SIZE),
  'deep nesting': '<a>'.repeat(SIZE / 3),
  'very many elements': `<r>${'<a/>'.repeat(SIZE / 4)}</r>`,
  'one endless attribute': `<a b="${'x'.repeat(SIZE)}`,
  'very many attributes': `<a ${Array.from({ length: SIZE / 12 }, (_, at) => `a${at}="1"`).join(' ')}/>`,
  'unclosed comment': `<a><!--${'-'.repeat(SIZE)}`,
  'unclosed CDATA': `<a><![CDATA[${']'.repeat(SIZE)}`,
  'references only': `<a>${'&amp;'.repeat(SIZE / 5)}</a>`,
  'white space only': ' '.repeat(SIZE),
};

export function benchHostile(): readonly BenchRow[] {
  const times = Object.entries(BODIES).map(([name, body]) => ({
    name,
    ms: median(Array.from({ length: ROUNDS }, () => refuse(body))),
  }));
  const worst = times.reduce((one, other) => (other.ms > one.ms ? other : one));
  return [
    {
      name: 'hostile 1 MB body, worst of all, in ms',
      figure: `${worst.name}`,
      ratio: worst.ms,
      must: 40,
      stretch: 20,
      lessIsMore: true,
    },
  ];
}

function refuse(body: string): number {
  const before = process.cpuUsage();
  try {
    parseXml(body);
  } catch {
    // Most of them are refused; what is measured is how soon.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
