/** What is kept of an instance, and its CV: the same however the device was read (DM-2.0 §11.1; design: MO cache rules). */
import { describe, expect, it } from 'vitest';
import { formatTnds } from '../../src/dm1/tnds.ts';
import type { MoNode } from '../../src/mo/node.ts';
import type { FreshCopy } from '../../src/translate/procedure.ts';
import { instanceOfTnds } from '../../src/translate/requested-mo.ts';
import { type DeviceNode, type DeviceOptions, interior, leaf } from './model/device.ts';
import { dataOf, KNOWN, onPhone, phoneTree, VENDOR } from './model/phone.ts';
import { context, knowledgeOf } from './model/play.ts';

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
  const copies = outcome.effects.flatMap((effect) => (effect.type === 'copyMade' ? [effect.copy] : []));
  const [member] = dataOf(outcome) as readonly { readonly CV: string; readonly MOData: unknown }[];
  return { member, copies };
}

describe('the CV of an instance', () => {
  const reference = read(['StructData'], true);

  it.each<[string, DeviceOptions['lists'], boolean]>([
    ['?list=TNDS', ['TNDS'], true],
    ['?list=TNDS, found out', ['TNDS'], false],
    ['?list=Struct and Gets', ['Struct'], true],
    ['?list=Struct, found out', ['Struct'], false],
    ['Gets alone', [], true],
    ['Gets alone, found out', [], false],
    ['?list=StructData, found out', ['StructData'], false],
  ])('is that of ?list=StructData when it is read by %s', (_, lists, known) => {
    const { member, copies } = read(lists, known);
    expect(member).toEqual(reference.member);
    expect(copies.at(-1)).toMatchObject({ validator: reference.member?.CV, parts: ['./Vendor/Product'] });
  });

  it('is that of the same instance in a document that the device sends unasked', () => {
    const [copy] = reference.copies as readonly (FreshCopy & { value: MoNode })[];
    const document = formatTnds({ name: 'Product', format: 'node', ...copy?.value, type: VENDOR });
    const requested = instanceOfTnds(context.index, './Vendor/Product', document);
    expect(requested).toMatchObject({
      key: copy?.key,
      validator: copy?.validator,
      parts: copy?.parts,
      confirmable: false,
    });
  });
});
