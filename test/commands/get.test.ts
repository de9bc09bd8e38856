/** GET: the format of the data and the status of each outcome (DM-2.0 §5.3.6, Appendix C, Appendix F). */
import { describe, expect, test } from 'vitest';
import { parseMoid } from '../../src/mo/moid.ts';
import { interior } from '../north/model/device.ts';
import { context, knowledgeOf } from '../north/model/play.ts';
import {
  capability,
  DCMO,
  DEVINFO,
  dataOf,
  KNOWN,
  onPhone,
  phoneTree,
  VENDOR,
} from '../north/model/simulated-device.ts';

/** The slashes of a vendor's MOID may be percent-encoded. */
const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;

describe('the data of one leaf', () => {
  test.each([
    ['Name', { type: 'text/plain', text: 'x' }],
    ['Count', { type: 'text/plain', text: '7' }],
    ['Empty', { type: 'text/plain', text: '' }],
    ['Image', { type: 'image/png', base64: 'AAEC/w==' }],
    ['Note', { type: 'text/xml', text: '<a>&</a>' }],
  ])('has the media type of the leaf: %s', (name, expected) => {
    const outcome = onPhone([['GET', `${PRODUCT}/${name}`]]);
    expect(outcome.statuses).toEqual(['200']);
    expect(dataOf(outcome)).toEqual(expected);
  });

  test('is the bytes of a binary leaf, even if they are text', () => {
    const tree = phoneTree();
    const product = tree.children?.Vendor?.children?.Product?.children;
    if (product !== undefined) product.Image = { format: 'b64', value: 'aGVsbG8=' };
    expect(dataOf(onPhone([['GET', `${PRODUCT}/Image`]], { tree }))).toEqual({ type: 'text/plain', text: 'hello' });
  });

  test('is absent for a leaf without value, with 204', () => {
    const outcome = onPhone([['GET', `${PRODUCT}/Nothing`]]);
    expect(outcome.statuses).toEqual(['204']);
    expect(outcome.packages[1]?.contentType).toBe('application/vnd.oma.dm.response+json');
  });

  test('is an array when the address has a wildcard', () => {
    expect(dataOf(onPhone([['GET', `${DEVINFO}/*/Lang`]]))).toEqual([
      { DDF: expect.any(String), ClientURI: `${DEVINFO}/DevInfo/Lang`, MOData: { Lang: 'en' } },
    ]);
  });

  test('is absent for the single match of a wildcard without value, with 204', () => {
    const outcome = onPhone([['GET', `${VENDOR.replaceAll('/', '%2F')}/*/Nothing`]]);
    expect(outcome.statuses).toEqual(['204']);
    expect(outcome.data).toEqual({});
  });

  test('is not an array when the address has an x-name', () => {
    const outcome = onPhone([['GET', `${DCMO}/(x)/Enabled?nv=(x)/Property:USB`]]);
    expect(dataOf(outcome)).toEqual({ type: 'text/plain', text: 'true' });
  });
});

describe('the data of an interior node', () => {
  test('is an array with JSON types for the formats; without a mapping it has no DDF', () => {
    expect(dataOf(onPhone([['GET', `${PRODUCT}/`]]))).toEqual([
      {
        ClientURI: `${PRODUCT}/`,
        CV: 'SZZ1hArlBtT631Lt',
        MOData: {
          Product: {
            Name: 'x',
            Count: 7,
            Ratio: 0.5,
            On: true,
            Odd: 'seven',
            Nothing: null,
            Empty: '',
            Image: 'AAEC/w==',
            Note: '<a>&</a>',
            Box: {},
          },
        },
      },
    ]);
  });

  test('has ClientURIs with the empty mo-inst of the command, and with names instead of patterns', () => {
    expect(dataOf(onPhone([['GET', `${DEVINFO}//`]]))).toEqual([
      {
        DDF: 'https://bridge.example/ddf/urn:oma:mo:oma-dm-devinfo:1.2.ddf',
        ClientURI: `${DEVINFO}//`,
        CV: 'xEFL5lXDCXJgBE9f',
        MOData: {
          DevInfo: {
            DevID: 'IMEI:1',
            Man: 'Factory',
            Mod: 'P1',
            Lang: 'en',
            DevType: 'Phone',
            OEM: 'Oem',
            FwV: '1.0',
            SwV: '2.0',
            HwV: '3',
          },
        },
      },
    ]);
    const several = dataOf(onPhone([['GET', `${DCMO}/*/Operations?lv=1`]]));
    expect(several).toEqual(
      ['camera', 'usb'].map((miid) => ({
        DDF: expect.any(String),
        ClientURI: `${DCMO}/${miid}/Operations`,
        MOData: { Operations: { Enable: null, Disable: null } },
      })),
    );
  });

  test('is cut off at the level of lv', () => {
    expect(dataOf(onPhone([['GET', `${DCMO}/usb/?lv=1`]]))).toEqual([
      {
        DDF: expect.any(String),
        ClientURI: `${DCMO}/usb/`,
        CV: 'HfXWFC6qY7GlH0LN',
        MOData: { usb: { Property: 'USB', Enabled: true, Operations: {}, Ext: {} } },
      },
    ]);
  });

  test('is {} without children', () => {
    expect(dataOf(onPhone([['GET', `${DCMO}/usb/Ext`]]))).toEqual([
      { DDF: expect.any(String), ClientURI: `${DCMO}/usb/Ext`, MOData: { Ext: {} } },
    ]);
  });
});

describe('the CV of an instance', () => {
  test('is not part of the data of a node below its root', () => {
    expect(dataOf(onPhone([['GET', `${DCMO}/usb/Ext?cv=AAAAAAAAAAAAAAAA`]]))).toEqual([
      { DDF: expect.any(String), ClientURI: `${DCMO}/usb/Ext`, MOData: { Ext: {} } },
    ]);
  });

  test('gives 304 for its own instance only, not for all instances with the same content', () => {
    const tree = interior({ ...phoneTree().children, Other: interior({ usb: capability('USB') }) });
    delete tree.children?.DCMO?.children?.camera;
    const [data] = dataOf(onPhone([['GET', `${DCMO}/usb/`]], { tree })) as readonly { readonly CV: string }[];
    const commands = [`${DCMO}/usb/`, `${DCMO}/*/`].map((uri) => ['GET', `${uri}?cv=${data?.CV}`]);
    expect(onPhone(commands, { tree }).statuses).toEqual(['304', '200']);
  });
});

describe('the status of GET', () => {
  test.each([
    ['a wildcard below an empty node', `${DCMO}/usb/Ext/*`, '204'],
    ['a wildcard below a missing node', `${DCMO}/usb/Missing/*`, '404'],
    ['a missing node', `${DCMO}/usb/Missing`, '404'],
    ['an unknown MIID', `${DCMO}/none/`, '404'],
    ['an MO that the device does not have', 'urn:oma:mo:oma-lawmo:1.0//', '404'],
    ['an MO with two instances, without a MIID', `${DCMO}//Property`, '404'],
    ['an x-name without a match', `${DCMO}/(x)/?nv=(x)/Property:None`, '404'],
    ['an x-name with two matches', `${DCMO}/(x)/?nv=(x)/Enabled:true`, '404'],
    ['a name that no node can have', `${DCMO}/usb/a%2Fb`, '404'],
    ['a name with a query for a property', `${DCMO}/usb/Property%3Fprop=ACL`, '404'],
    ['a name that leaves the MO', `${DCMO}/usb/../camera`, '404'],
    ['an address without a slash', 'urn:oma:mo:oma-dcmo:1.0', '400'],
    ['an x-name without nv', `${DCMO}/(x)/`, '400'],
    ['lv that is not positive', `${DCMO}/usb/?lv=0`, '400'],
  ])('for %s', (_, clientUri, status) => {
    expect(onPhone([['GET', clientUri]]).statuses).toEqual([status]);
  });

  test.each([['GET'], ['GET', `${DCMO}/usb/`, 'more']])('is 400 for a wrong number of parameters: %s', (...command) => {
    expect(onPhone([command]).statuses).toEqual(['400']);
  });

  test.each([
    [425, '403'],
    [405, '403'],
    [403, '403'],
    [404, '404'],
    [410, '404'],
    [400, '400'],
    [401, '500'],
    [500, '500'],
    [511, '500'],
    [501, '501'],
    [406, '501'],
    [503, '503'],
    [408, '503'],
    [1500, '1500'],
  ])('after %i of the device to a plain Get is %s', (answer, status) => {
    const options = { refuse: { './DCMO/usb/Property': { Get: answer } } };
    expect(onPhone([['GET', `${DCMO}/usb/Property`]], { options }).statuses).toEqual([status]);
  });

  test('after 200 without Results is that of a leaf without value', () => {
    expect(onPhone([['GET', `${DCMO}/usb/Property`]], { options: { next: [200] } }).statuses).toEqual(['500']);
  });

  test('is 403 for an MO that the account does not provide, and the device gets no command', () => {
    const account = { ...context.account, moids: [parseMoid(DEVINFO)] };
    const outcome = onPhone(
      [
        ['GET', `${DCMO}/usb/`],
        ['GET', `${DEVINFO}//Lang`],
        ['GET', `${DEVINFO.slice('urn:'.length)}//Lang`],
        ['GET', 'com.example/1.0/Unheard//Name'],
      ],
      { context: { ...context, account } },
    );
    expect(outcome.statuses).toEqual(['403', '200', '200', '403']);
    expect(new Set(outcome.device.log)).toEqual(new Set(['Get ./DevInfo/Lang']));
  });

  test('of a node that a listing does not show is found by one plain Get', () => {
    const options = { refuse: { './DCMO/usb/Property': { Get: 425 } } };
    const outcome = onPhone(
      [
        ['GET', `${DCMO}/usb/`],
        ['GET', `${DCMO}/usb/Property`],
        ['GET', `${DCMO}/usb/None`],
      ],
      { options },
    );
    expect(outcome.statuses).toEqual(['200', '403', '404']);
  });

  test('on a device without lists is 403 when one node of the sub-tree is refused', () => {
    const options = { lists: [], refuse: { './DCMO/usb/Property': { Get: 425 } } } as const;
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'none' } });
    const commands = [
      ['GET', `${DCMO}/usb/`],
      ['GET', `${DCMO}/camera/`],
      ['GET', `${DCMO}/(x)/Enabled?nv=(x)/Property:Camera`],
    ];
    expect(onPhone(commands, { options, knowledge }).statuses).toEqual(['403', '200', '200']);
  });
});

describe('an address that was read before', () => {
  const command = ['GET', `${DCMO}/usb/Enabled`];

  test('is refused to an account that does not provide its MOID', () => {
    const account = { ...context.account, moids: [parseMoid('urn:oma:mo:oma-scomo:1.0')] };
    const statuses = [context, { ...context, account }, context].map(
      (each) => onPhone([command], { context: each }).statuses[0],
    );
    expect(statuses).toEqual(['200', '403', '200']);
  });

  test('gives what the device has now', () => {
    const tree = phoneTree();
    const enabled = tree.children?.DCMO?.children?.usb?.children?.Enabled;
    if (enabled !== undefined) enabled.value = 'false';
    expect([dataOf(onPhone([command])), dataOf(onPhone([command], { tree }))]).toEqual([
      { type: 'text/plain', text: 'true' },
      { type: 'text/plain', text: 'false' },
    ]);
  });
});
