/** GET: the form of the data and the status of each outcome (DM-2.0 §5.3.6, Appendix C, Appendix F; design: Package#3). */
import { describe, expect, test } from 'vitest';
import { parseMoid } from '../../src/mo/moid.ts';
import { context, knowledgeOf } from '../north/model/play.ts';
import { DCMO, DEVINFO, dataOf, KNOWN, onPhone, phoneTree, VENDOR } from '../north/model/simulated-device.ts';

/** Where a vendor's MOID has slashes, they may come encoded. */
const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;

describe('the data of one leaf', () => {
  test.each([
    ['Name', { type: 'text/plain', text: 'x' }],
    ['Count', { type: 'text/plain', text: '7' }],
    ['Empty', { type: 'text/plain', text: '' }],
    ['Image', { type: 'image/png', base64: 'AAEC/w==' }],
    ['Note', { type: 'text/xml', text: '<a>&</a>' }],
  ])('%s goes in its own media type', (name, expected) => {
    const outcome = onPhone([['GET', `${PRODUCT}/${name}`]]);
    expect(outcome.statuses).toEqual(['200']);
    expect(dataOf(outcome)).toEqual(expected);
  });

  test('binary data that is text goes as its bytes, too', () => {
    const tree = phoneTree();
    const product = tree.children?.Vendor?.children?.Product?.children;
    if (product !== undefined) product.Image = { format: 'b64', value: 'aGVsbG8=' };
    expect(dataOf(onPhone([['GET', `${PRODUCT}/Image`]], { tree }))).toEqual({ type: 'text/plain', text: 'hello' });
  });

  test('a node without value is 204 and brings no part', () => {
    const outcome = onPhone([['GET', `${PRODUCT}/Nothing`]]);
    expect(outcome.statuses).toEqual(['204']);
    expect(outcome.packages[1]?.contentType).toBe('application/vnd.oma.dm.response+json');
  });

  test('an address with a wildcard stays an array even where it meets one leaf', () => {
    expect(dataOf(onPhone([['GET', `${DEVINFO}/*/Lang`]]))).toEqual([
      { DDF: expect.any(String), ClientURI: `${DEVINFO}/DevInfo/Lang`, MOData: { Lang: 'en' } },
    ]);
  });

  test('an x-name is no wildcard', () => {
    const outcome = onPhone([['GET', `${DCMO}/(x)/Enabled?nv=(x)/Property:USB`]]);
    expect(dataOf(outcome)).toEqual({ type: 'text/plain', text: 'true' });
  });
});

describe('the data of an interior node', () => {
  test('is an array, with the types of the formats, under the name of the node; without a DDF that nobody serves', () => {
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

  test('keeps an empty mo-inst and puts concrete names in place of patterns', () => {
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

  test('ends where lv says; what is below is cut off', () => {
    expect(dataOf(onPhone([['GET', `${DCMO}/usb/?lv=1`]]))).toEqual([
      {
        DDF: expect.any(String),
        ClientURI: `${DCMO}/usb/`,
        CV: 'HfXWFC6qY7GlH0LN',
        MOData: { usb: { Property: 'USB', Enabled: true, Operations: {}, Ext: {} } },
      },
    ]);
  });

  test('without children it is {}', () => {
    expect(dataOf(onPhone([['GET', `${DCMO}/usb/Ext`]]))).toEqual([
      { DDF: expect.any(String), ClientURI: `${DCMO}/usb/Ext`, MOData: { Ext: {} } },
    ]);
  });
});

describe('the status', () => {
  test.each([
    ['a wildcard that meets an empty node', `${DCMO}/usb/Ext/*`, '204'],
    ['a wildcard below a node that is missing', `${DCMO}/usb/Missing/*`, '404'],
    ['a node that is missing', `${DCMO}/usb/Missing`, '404'],
    ['a MIID that is missing', `${DCMO}/none/`, '404'],
    ['an MO that the device does not have', 'urn:oma:mo:oma-lawmo:1.0//', '404'],
    ['no instance named where there are two', `${DCMO}//Property`, '404'],
    ['an x-name that nothing fits', `${DCMO}/(x)/?nv=(x)/Property:None`, '404'],
    ['an x-name that fits two', `${DCMO}/(x)/?nv=(x)/Enabled:true`, '404'],
    ['a name that no node can have', `${DCMO}/usb/a%2Fb`, '404'],
    ['a name that would ask for a property', `${DCMO}/usb/Property%3Fprop=ACL`, '404'],
    ['a name that leaves the MO', `${DCMO}/usb/../camera`, '404'],
    ['no slash', 'urn:oma:mo:oma-dcmo:1.0', '400'],
    ['an x-name without nv', `${DCMO}/(x)/`, '400'],
    ['lv that is not positive', `${DCMO}/usb/?lv=0`, '400'],
  ])('%s', (_, clientUri, status) => {
    expect(onPhone([['GET', clientUri]]).statuses).toEqual([status]);
  });

  test.each([['GET'], ['GET', `${DCMO}/usb/`, 'more']])('a wrong number of parameters is 400: %s', (...command) => {
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
  ])('what a device answers to a plain Get: %i is %s', (answer, status) => {
    const options = { refuse: { './DCMO/usb/Property': { Get: answer } } };
    expect(onPhone([['GET', `${DCMO}/usb/Property`]], { options }).statuses).toEqual([status]);
  });

  test('a Status 200 without Results is no value', () => {
    expect(onPhone([['GET', `${DCMO}/usb/Property`]], { options: { next: [200] } }).statuses).toEqual(['500']);
  });

  test('refuses an MO that the account does not provide, without asking the device', () => {
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

  test('a hidden node below a refused one: what a listing does not show is asked for once before 404', () => {
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

  test('without listing, one node that is refused refuses the whole', () => {
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
