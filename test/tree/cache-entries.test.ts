/** Cache entries of instances and of the MO roots: the same for every way of reading the device (DM-2.0 §11.1, ADR 21). */
import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { MoNode } from '../../src/mo/node.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';
import { immediateResult } from '../../src/north/immediate-results.ts';
import type { ExecutingSession } from '../../src/north/north-session.ts';
import type { NorthEnvironment } from '../../src/north/north-state.ts';
import { Progress } from '../../src/north/progress.ts';
import { openNorthSession } from '../../src/north/step.ts';
import { instanceOfTnds } from '../../src/tree/requested-mo.ts';
import type { CacheEntry } from '../../src/workflow/cache-entry.ts';
import type { CacheEntryRequest } from '../../src/workflow/request.ts';
import { formatTnds } from '../../src/xml-data/tnds.ts';
import { type DeviceNode, type DeviceOptions, interior, leaf } from '../north/model/device.ts';
import { context, knowledgeOf } from '../north/model/play.ts';
import { DCMO, dataOf, KNOWN, onPhone, phoneTree, VENDOR } from '../north/model/simulated-device.ts';

const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;

/** The phone with what makes trouble in one way of reading or another. */
function tree(): DeviceNode {
  const phone = phoneTree();
  const product = phone.children?.Vendor?.children?.Product?.children;
  if (product === undefined) throw new Error('no product');
  product.Spaces = leaf('  two  ');
  product.Lines = leaf('one\ntwo');
  product.Umlaut = leaf('ä€😀');
  product.Date = leaf('20260306', 'date');
  product.Deep = interior({ Er: interior({ Still: leaf('') }), Empty: interior({}) });
  return phone;
}

function read(lists: DeviceOptions['lists'], known: boolean) {
  const facts = lists?.[0] === undefined ? { list: 'none' as const } : { list: lists[0] };
  const knowledge = knowledgeOf({ miids: KNOWN, facts: known ? facts : {} });
  const outcome = onPhone([['GET', `${PRODUCT}/`]], { tree: tree(), knowledge, options: { ...(lists && { lists }) } });
  const copies = outcome.effects.flatMap((effect) => (effect.type === 'cacheEntryMade' ? [effect.entry] : []));
  const [member] = dataOf(outcome) as readonly { readonly CV: string; readonly MOData: unknown }[];
  return { member, copies };
}

describe('the CV of an instance', () => {
  const reference = read(['StructData'], true);

  test.each<[string, DeviceOptions['lists'], boolean]>([
    ['?list=TNDS', ['TNDS'], true],
    ['?list=TNDS, not known before', ['TNDS'], false],
    ['?list=Struct and Gets', ['Struct'], true],
    ['?list=Struct, not known before', ['Struct'], false],
    ['Gets alone', [], true],
    ['Gets alone, not known before', [], false],
    ['?list=StructData, not known before', ['StructData'], false],
  ])('is that of ?list=StructData when it is read by %s', (_, lists, known) => {
    const { member, copies } = read(lists, known);
    expect(member).toEqual(reference.member);
    expect(copies.at(-1)).toMatchObject({ validator: reference.member?.CV, parts: ['./Vendor/Product'] });
  });

  test('is that of the same instance in a document that the device sends in an Alert 1229', () => {
    const [copy] = reference.copies as readonly (CacheEntry & { value: MoNode })[];
    const document = formatTnds({ name: 'Product', format: 'node', ...copy?.value, type: VENDOR });
    const requested = instanceOfTnds(context.index, parseLocUri('./Vendor/Product'), document);
    expect(requested).toMatchObject({
      key: copy?.key,
      validator: copy?.validator,
      parts: copy?.parts,
      confirmable: false,
    });
  });
});

describe('the list of MO roots', () => {
  const rootsKept = (options: DeviceOptions) =>
    onPhone([['GET', `${DCMO}/*/Property`]], { knowledge: knowledgeOf(), options }).effects.some(
      (effect) => effect.type === 'cacheEntryMade' && effect.entry.of === 'structure',
    );

  test.each<[string, DeviceOptions]>([
    ['listed', { lists: ['Struct'] }],
    ['found by a search', { lists: [] }],
    ['found by a search, with 500 to every query', { lists: [], listRefusal: 500 }],
    ['found by a search with a refused node', { lists: [], refuse: { './Vendor': { Get: 425 } } }],
  ])('is cached when the roots were %s', (_, options) => {
    expect(rootsKept(options)).toBe(true);
  });

  test.each<[string, DeviceOptions]>([
    ['was busy at one node', { lists: [], refuse: { './Vendor': { Get: 503 } } }],
    ['failed at one node', { lists: [], refuse: { './Vendor': { Get: 500 } } }],
    ['could not list the tree at that moment', { lists: ['Struct'], next: [503] }],
  ])('is not cached when the device %s', (_, options) => {
    expect(rootsKept(options)).toBe(false);
  });
});

describe('a current cache entry', () => {
  const ask = (of: 'values' | 'structure', parts: readonly string[]) =>
    ({ kind: 'cacheEntry', key: 'k', parts: parts.map(parseLocUri), of }) as const;
  const PRODUCT_VALUES = ask('values', ['./Vendor/Product', './Elsewhere/Leaf']);
  const ROOTS = ask('structure', ['.']);
  const value = (locUri: string): TreeChange => ({ locUri: parseLocUri(locUri), change: 'value' });
  const structure = (locUri: string): TreeChange => ({ locUri: parseLocUri(locUri), change: 'structure' });

  /** Whether the second command is given it, has to wait, or goes without, while the first one changes something. */
  function fate(
    wanted: CacheEntryRequest,
    changes: { writes?: TreeChange[]; willWrite?: TreeChange[] },
    deviceGone = false,
  ): string {
    const { writes = [], willWrite = [] } = changes;
    const first = {
      wire: [],
      replayLog: [],
      pending: { kind: 'device', fingerprint: '', ids: ['d1'], outcomes: {}, writes, willWrite, mayRead: [] },
    } as const;
    const north: ExecutingSession = {
      ...openNorthSession('n1', ''),
      phase: 'executing',
      runs: [first, { wire: [], replayLog: [] }],
      deviceGone,
    };
    const progress = new Progress();
    progress.open.add(first);
    if (progress.open.isBlocking(wanted, north.knowledge)) return 'waits';
    const environment: NorthEnvironment = {
      context,
      version: '1.2',
      at: 1,
      maxCommands: 5_000,
      outbox: [],
      hasCacheEntry: () => true,
    };
    const draft = { environment, progress, north, device: knowledgeOf(), effects: [], at: 1 };
    return immediateResult(draft, wanted) === undefined ? 'given' : 'without';
  }

  test.each<[string, CacheEntryRequest, Parameters<typeof fate>[1], string]>([
    ['no node', PRODUCT_VALUES, {}, 'given'],
    ['a value in the instance', PRODUCT_VALUES, { writes: [value('./Vendor/Product/Name')] }, 'without'],
    ['a value in the instance, later', PRODUCT_VALUES, { willWrite: [value('./Vendor/Product/Name')] }, 'without'],
    ['a relocated part of the instance, later', PRODUCT_VALUES, { willWrite: [value('./Elsewhere/Leaf')] }, 'without'],
    ['the structure above the instance, later', PRODUCT_VALUES, { willWrite: [structure('./Vendor')] }, 'without'],
    ['another instance', PRODUCT_VALUES, { writes: [value('./Vendor/Other')], willWrite: [structure('./A')] }, 'given'],
    ['a value, when the entry is of the roots', ROOTS, { willWrite: [value('./A/B')] }, 'given'],
    ['the structure, later, when the entry is of the roots', ROOTS, { willWrite: [structure('./A/B')] }, 'waits'],
    ['the structure, when the entry is of the roots', ROOTS, { writes: [structure('./A/B')] }, 'waits'],
  ])('is used, not used or waited for while an earlier command changes %s', (_, wanted, changes, expected) => {
    expect(fate(wanted, changes)).toBe(expected);
  });

  test('is not used after the device has left the session', () => {
    expect(fate(PRODUCT_VALUES, {}, true)).toBe('without');
  });
});
