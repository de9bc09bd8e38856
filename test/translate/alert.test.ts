/** DM 1.x Generic Alerts as DM 2.0 Alerts (DM-2.0 §5.4, §13.1). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { type ClientUriText, concreteClientUri, parseClientUri } from '../../src/dm2/client-uri.ts';
import { formatPackage1, toStorableAlert } from '../../src/dm2/codec.ts';
import type { Dm2Alert } from '../../src/dm2/package.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseMiid } from '../../src/mo/miid.ts';
import { toDm2Alert } from '../../src/translate/alert.ts';
import { realNamesOf } from '../../src/tree/address.ts';
import { miidTable } from '../support/miid-table.ts';
import { toDm1AlertItem } from './alert-to-dm1.ts';

const { mappings } = loadMappings();
const index = new MoIndex(mappings);
const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
const COMPLETE = 'urn:oma:at:scomo:1.0:OperationComplete';
const miids = miidTable({
  [SCOMO]: { SCM: './SCM' },
  'urn:oma:mo:oma-dcmo:1.0': { Capability123: './DCMO/Capability123' },
  'urn:oma:mo:oma-fumo:1.0': { FUMO: './FUMO' },
});

/** SCOMO, but asking for the JSON form of §13.1. */
const jsonIndex = new MoIndex(
  mappings.map((mapping): MoMapping => {
    if (mapping.moid !== SCOMO) return mapping;
    const json = {
      type: 'object',
      properties: { ResultCode: { type: 'integer' }, Part: { type: 'array', items: { type: 'string' } } },
    } as const;
    return { ...mapping, alertTypes: [{ type: COMPLETE, json }] };
  }),
);

/** A ClientURI of one node, as the backend wrote it. */
function written(text: string): ClientUriText {
  const uri = parseClientUri(text, index);
  return concreteClientUri(uri, parseMiid('only'), realNamesOf(uri.path) ?? []);
}

const translate = (item: PlainItem, pendingExec?: string, using = index): Dm2Alert => {
  const context = { index: using, miids };
  if (pendingExec === undefined) return toDm2Alert(item, context);
  return toDm2Alert(item, { ...context, pendingExec: { clientUri: written(pendingExec) } });
};

/** One Item of the example in DM-2.0 §13.1, its white space as printed. */
const exampleItem = (component: string): PlainItem => ({
  source: '\n   ./SCM/Inventory/Delivered/Package456/Operations/Install\n  ',
  target: `./SCM/Inventory/Deployed/${component}`,
  meta: { type: '  \n    urn:oma:at:scomo:1.0:OperationComplete\n   ', format: 'xml', mark: 'warning' },
  data: `\n   \n    <ResultCode>1200</ResultCode> <!-- SCOMO Result Code -->\n    <Identifier>${component}ID</Identifier>\n   \n  `,
});

describe('the example of DM-2.0 §13.1', () => {
  test.each(['Component1', 'Component2'])('is translated with its XML unchanged: %s', (component) => {
    expect(translate(exampleItem(component))).toEqual({
      AlertType: COMPLETE,
      SourceURI: 'urn:oma:mo:oma-scomo:1.0/SCM/Inventory/Delivered/Package456/Operations/Install',
      TargetURI: `urn:oma:mo:oma-scomo:1.0/SCM/Inventory/Deployed/${component}`,
      Mark: 'warning',
      DataType: 'text/xml',
      Data: {
        DM1x: `<ResultCode>1200</ResultCode> <!-- SCOMO Result Code -->\n    <Identifier>${component}ID</Identifier>`,
      },
    });
  });

  test('is translated to JSON when the mapping asks for it', () => {
    expect(translate(exampleItem('Component1'), undefined, jsonIndex)).toMatchObject({
      DataType: 'application/json',
      Data: { ResultCode: 1200, Identifier: 'Component1ID' },
    });
  });

  test('is translated to the int form of §7.2.1.3', () => {
    const item: PlainItem = {
      source: './DCMO/Capability123/Operations/Enable',
      meta: { type: 'urn:oma:at:dcmo:1.0:OperationComplete', format: 'int', mark: 'warning' },
      data: '1404',
    };
    expect(translate(item)).toEqual({
      AlertType: 'urn:oma:at:dcmo:1.0:OperationComplete',
      SourceURI: 'urn:oma:mo:oma-dcmo:1.0/Capability123/Operations/Enable',
      Mark: 'warning',
      DataType: 'int',
      Data: { DM1x: 1404 },
    });
  });
});

describe('the data of an alert', () => {
  const dataOf = (format: string | undefined, data: string | undefined) => {
    const { DataType, Data } = translate({
      meta: { type: 't', ...(format && { format }) },
      ...(data === undefined ? {} : { data }),
    });
    return [DataType, Data];
  };

  test.each<[string | undefined, string | undefined, string | undefined, unknown]>([
    ['xml', ' <a>1</a> ', 'text/xml', '<a>1</a>'],
    ['xml', '<![CDATA[ <a>1</a> ]]>', 'text/xml', '<a>1</a>'],
    ['xml', '<a><![CDATA[x<y]]></a>', 'text/xml', '<a>x&lt;y</a>'],
    ['chr', ' text ', 'text/plain', ' text '],
    ['chr', '<![CDATA[text]]>', 'text/plain', 'text'],
    ['chr', '', 'text/plain', ''],
    [undefined, 'text', 'text/plain', 'text'],
    ['Chr', 'text', 'text/plain', 'text'],
    ['fancy', 'text', 'text/plain', 'text'],
    ['date', '2026-01-31', 'text/plain', '2026-01-31'],
    ['time', '101500', 'text/plain', '101500'],
    ['int', ' 200 ', 'int', 200],
    ['int', 'many', 'text/plain', 'many'],
    ['float', '0.5', 'float', 0.5],
    ['float', 'INF', 'text/plain', 'INF'],
    ['bool', 'true', 'bool', true],
    ['bool', 'perhaps', 'text/plain', 'perhaps'],
    ['b64', 'AA\nE=', 'application/octet-stream', 'AAE='],
    ['bin', 'AAE=', 'application/octet-stream', 'AAE='],
  ])('of the format %s, %j, has the DataType %s', (format, data, dataType, value) => {
    expect(dataOf(format, data)).toEqual([dataType, { DM1x: value }]);
  });

  test.each([
    ['int', '1234567890123456789', '1234567890123456789'],
    ['int', '+0017', '17'],
    ['float', '1.50', '1.50'],
    ['float', '1e400', '1e400'],
  ])('of the format %s, %s, keeps its digits, also in a stored report', (format, data, digits) => {
    const alert = translate({ meta: { type: 't', format }, data });
    const stored: Dm2Alert = JSON.parse(JSON.stringify(toStorableAlert(alert)));
    const text = `{"Alert":[{"AlertType":"t","DataType":"${format}","Data":{"DM1x":${digits}}}]}`;
    expect([alert, stored].map((each) => formatPackage1({ Alert: [each] }))).toEqual([text, text]);
  });

  test.each(['0x10', '1e', '12 000', 'INF'])('of the format float, %j, is sent as text', (data) => {
    expect(dataOf('float', data)).toEqual(['text/plain', { DM1x: data }]);
  });

  test.each([
    ['null', ''],
    ['null', undefined],
    ['chr', undefined],
  ])('is absent for the format %s with %j', (format, data) => {
    expect(dataOf(format, data)).toEqual([undefined, undefined]);
  });

  test('may be long', () => {
    const long = 'x'.repeat(3_000_000);
    expect(dataOf('chr', long)).toEqual(['text/plain', { DM1x: long }]);
  });
});

describe('the JSON form of XML data', () => {
  const jsonOf = (data: string) =>
    translate({ source: './SCM', meta: { type: COMPLETE, format: 'xml' }, data }, undefined, jsonIndex);

  test.each<[string, string, unknown]>([
    ['a list for one element of a list', '<Part>a</Part>', { Part: ['a'] }],
    ['a list for repeated elements', '<E>1</E><E>2</E>', { E: ['1', '2'] }],
    ['objects for elements inside elements', '<R><Code>1</Code></R>', { R: { Code: '1' } }],
    ['text for a number element without a number', '<ResultCode>none</ResultCode>', { ResultCode: 'none' }],
    ['the empty text for an empty element', '<Identifier/>', { Identifier: '' }],
    ['a member for an element named __proto__', '<__proto__>1</__proto__>', Object.fromEntries([['__proto__', '1']])],
  ])('has %s', (_, data, json) => {
    const alert = jsonOf(data);
    expect(alert.DataType).toBe('application/json');
    expect(alert.Data).toEqual(json);
  });

  test('keeps the digits of numbers, also in a stored report', () => {
    const alert = jsonOf('<ResultCode>1234567890123456789</ResultCode><R><Code>1</Code></R>');
    const stored: Dm2Alert = JSON.parse(JSON.stringify(toStorableAlert(alert)));
    for (const each of [alert, stored]) {
      expect(formatPackage1({ Alert: [each] })).toContain('"Data":{"ResultCode":1234567890123456789,"R":{"Code":"1"}}');
    }
  });

  test.each(['no markup', '<ResultCode>1200', 'text <E>1</E>', ''])(
    'is not used for %j, which stays XML text',
    (data) => {
      expect(jsonOf(data)).toMatchObject({ DataType: 'text/xml', Data: { DM1x: data } });
    },
  );

  test('is found by the alert type when the MO of the source is not known', () => {
    const { source: _, ...anonymous } = exampleItem('c');
    expect(translate(anonymous, undefined, jsonIndex).DataType).toBe('application/json');
  });
});

describe('the addresses of an alert', () => {
  const meta = { type: 't', format: 'int' };

  test('are sent as LocURIs in Data when no mapping has an MO there', () => {
    expect(translate({ source: ' ./Vendor/X ', target: './Vendor/Y', meta, data: '1' })).toEqual({
      AlertType: 't',
      DataType: 'int',
      Data: { DM1x: 1, DM1xSource: './Vendor/X', DM1xTarget: './Vendor/Y' },
    });
    expect(translate({ source: './SCM', target: './Vendor/Y', meta })).toEqual({
      AlertType: 't',
      SourceURI: 'urn:oma:mo:oma-scomo:1.0/SCM/',
      DataType: 'application/json',
      Data: { DM1xTarget: './Vendor/Y' },
    });
  });

  test('have the SourceURI of the EXEC, in the spelling of the backend, when the source is missing', () => {
    const pending = 'oma:mo:oma-fumo:1.0//Download';
    expect(translate({ meta, data: '200' }, pending).SourceURI).toBe('oma:mo:oma-fumo:1.0//Download');
    expect(translate({ source: '', meta, data: '200' }, pending).SourceURI).toBe('oma:mo:oma-fumo:1.0//Download');
    expect(translate({ source: './FUMO', meta, data: '200' }, pending).SourceURI).toBe('urn:oma:mo:oma-fumo:1.0/FUMO/');
    expect(translate({ meta, data: '200' }).SourceURI).toBeUndefined();
  });

  test('are percent-encoded', () => {
    expect(translate({ source: './SCM/a b/(x)', meta }).SourceURI).toBe('urn:oma:mo:oma-scomo:1.0/SCM/a%20b/%28x%29');
  });
});

describe('the AlertType', () => {
  test.each([
    [
      ' Reversed-Domain-Name: org.openmobilealliance.dm.firmwareupdate.download\n',
      'Reversed-Domain-Name: org.openmobilealliance.dm.firmwareupdate.download',
    ],
    ['application/samplealert', 'application/samplealert'],
  ])('is the Type of the Meta without white space around it: %j', (type, alertType) => {
    expect(translate({ meta: { type } }).AlertType).toBe(alertType);
  });

  test('follows from the EXEC when the device omits the Type', () => {
    expect(translate({ data: '200' }).AlertType).toBe('text/plain');
    expect(translate({ data: '200' }, 'oma:mo:oma-fumo:1.0//Download').AlertType).toBe(
      'Reversed-Domain-Name: org.openmobilealliance.dm.firmwareupdate.download',
    );
    expect(translate({ data: '200' }, 'urn:x:1.0//Run').AlertType).toBe('urn:oma:at:dm:2.0:ExecComplete');
  });
});

describe('the Mark', () => {
  const marked = (mark: string, more: Partial<PlainItem> = {}) => translate({ ...more, meta: { type: 't', mark } });

  test.each([
    ['fatal', 'fatal'],
    [' Critical\n', 'critical'],
    ['MINOR', 'minor'],
    ['Warning', 'warning'],
    ['informational', 'informational'],
    ['hArmless', 'harmless'],
    ['Indeterminate ', 'indeterminate'],
  ])('%j is sent as %j', (mark, expected) => {
    expect(marked(mark)).toEqual({ AlertType: 't', Mark: expected });
  });

  test.each(['constructor', 'toString', 'Urgent', '1', 'warning!'])(
    '%j, which DM 2.0 does not have, is sent unchanged in Data',
    (mark) => {
      expect(marked(mark)).toEqual({ AlertType: 't', DataType: 'application/json', Data: { DM1xMark: mark } });
    },
  );

  test('which DM 2.0 does not have is sent beside the data and the addresses', () => {
    expect(marked('Urgent', { data: 'x', source: './Vendor/X' })).toEqual({
      AlertType: 't',
      DataType: 'text/plain',
      Data: { DM1x: 'x', DM1xSource: './Vendor/X', DM1xMark: 'Urgent' },
    });
    expect(marked('Urgent', { target: './Vendor/Y' })).toMatchObject({
      DataType: 'application/json',
      Data: { DM1xTarget: './Vendor/Y', DM1xMark: 'Urgent' },
    });
  });

  test.each(['', ' '])('is absent for %j', (mark) => {
    expect(marked(mark)).toEqual({ AlertType: 't' });
  });
});

test('an Item that is translated and translated back is the same, except for the documented losses', () => {
  const place = fc.option(
    fc.constantFrom(
      './SCM',
      './SCM/Inventory/Deployed/a b',
      './FUMO/State',
      './Vendor/X',
      './DCMO/Capability123/Enabled',
    ),
    { nil: undefined },
  );
  const content = fc.oneof(
    fc.record({
      format: fc.constant('chr'),
      data: fc.string({ maxLength: 10 }).filter((text) => !text.includes('<![CDATA[')),
    }),
    fc.record({ format: fc.constant('xml'), data: fc.constantFrom('<a>1</a>', '<a/><b>x &amp; y</b>') }),
    fc.record({ format: fc.constant('int'), data: fc.integer().map(String) }),
    fc.record({ format: fc.constant('bool'), data: fc.boolean().map(String) }),
    fc.record({ format: fc.constant('float'), data: fc.constantFrom('0.5', '-3.25') }),
    fc.record({ format: fc.constant('b64'), data: fc.base64String({ maxLength: 12 }) }),
    fc.record({ format: fc.constant('null') }),
  );
  const mark = fc.option(fc.constantFrom('fatal', 'warning', 'harmless', 'Urgent', 'valueOf'), { nil: undefined });
  fc.assert(
    fc.property(place, place, content, mark, (source, target, { format, ...data }, markValue) => {
      const item: PlainItem = {
        ...(source === undefined ? {} : { source }),
        ...(target === undefined ? {} : { target }),
        meta: { format, type: 'urn:oma:at:x:1.0:Done', ...(markValue === undefined ? {} : { mark: markValue }) },
        ...data,
      };
      expect(toDm1AlertItem(translate(item), { index, miids })).toEqual(item);
    }),
    { numRuns: 500 },
  );
});

test('the inverse translation leaves out an address without a known instance', () => {
  const alert: Dm2Alert = { AlertType: 't', SourceURI: 'urn:oma:mo:oma-scomo:1.0/Other/', TargetURI: 'nonsense' };
  expect(toDm1AlertItem(alert, { index, miids })).toEqual({ meta: { type: 't', format: 'null' } });
});
