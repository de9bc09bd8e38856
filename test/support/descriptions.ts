/** Arbitrary node descriptions that a DDF or a mapping file can express. */
import fc from 'fast-check';
import { ACCESS_TYPES, type NodeDescription } from '../../src/mapping/mapping.ts';
import { NODE_FORMATS } from '../../src/mo/node.ts';

/** Text without white space around it; some of it needs escapes. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((each) => isPlainText(each));
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
const mime = fc.constantFrom('application/octet-stream', 'text/vnd.example', 'image/png');

function isPlainText(each: string): boolean {
  return each === each.trim() && !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(each);
}

function optional<T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<Readonly<Record<string, T>>> {
  return fc.option(value, { nil: undefined }).map((each) => (each === undefined ? {} : { [key]: each }));
}

const shared = fc
  .tuple(
    fc.subarray([...ACCESS_TYPES]),
    fc.constantFrom('One', 'ZeroOrOne', 'ZeroOrMore', 'OneOrMore', 'ZeroOrN', 'OneOrN'),
    fc.constantFrom<'permanent' | 'dynamic'>('permanent', 'dynamic'),
    fc.integer({ min: 2, max: 65_536 }),
    optional('title', text),
    optional('about', text),
    optional('caseSense', fc.constantFrom('CS', 'CIS')),
  )
  .map(([access, occurrence, scope, max, ...texts]) => ({
    access,
    occurrence,
    scope,
    ...(occurrence.endsWith('N') ? { max } : {}),
    ...Object.assign({}, ...texts),
  }));

const leaf = fc
  .tuple(
    shared,
    fc.constantFrom(...NODE_FORMATS.filter((format) => format !== 'node')),
    optional('type', mime),
    optional('defaultValue', text),
  )
  .map(([properties, format, type, value]) => ({ ...properties, format, ...type, ...value, children: [] }));

/** An interior node with at most one un-named child and children of different names. */
export const interior: fc.Arbitrary<NodeDescription> = fc.letrec<{ node: NodeDescription }>((tie) => ({
  node: fc
    .tuple(
      shared,
      name,
      optional('moid', fc.constantFrom('urn:oma:mo:inner:1.0', 'com.example/1.0/Inner')),
      fc.uniqueArray(fc.tuple(fc.oneof(name, fc.constant('')), fc.oneof({ maxDepth: 3 }, leaf, tie('node'))), {
        selector: ([childName]) => childName,
        maxLength: 4,
      }),
    )
    .map(([properties, own, moid, children]) => ({
      ...properties,
      name: own,
      format: 'node',
      ...moid,
      children: children.map(([childName, child]) => ({ ...child, name: childName })),
    })),
})).node;
