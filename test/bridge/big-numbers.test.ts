/** Numbers keep their digits on their way through the bridge, in both directions. */
import { describe, expect, test } from 'vitest';
import type { DeviceNode } from './value-device.ts';
import { DATA, play, THING, thing } from './value-scene.ts';

const DIGITS = ['1234567890123456789', '-9007199254740993', '123456789012345678901234567890'];
const FRACTIONS = ['1.50', '0.1000000000000000055511', '1e400', '-2.5E-10'];

describe.each(['xml', 'wbxml'] as const)('with a device that speaks %s', (encoding) => {
  test('HGET writes the digits of MO data, into a leaf that exists and a new one', async () => {
    for (const [format, all] of [
      ['int', DIGITS],
      ['float', [...DIGITS, ...FRACTIONS]],
    ] as const) {
      for (const digits of all) {
        const member = (name: string) => `{"ClientURI":"${THING}/${name}","MOData":{"${name}":${digits}}}`;
        const { device, statuses } = await play({
          commands: [
            ['HGET', `${DATA}a`],
            ['HGET', `${DATA}b`],
            ['HGET', `${DATA}c`],
          ],
          resources: {
            a: { body: `[${member('Count')}]` },
            b: { body: `[${member('New')}]` },
            c: { body: `[${member('Big')}]` },
          },
          device: { encoding, nodes: thing({ Count: { format, value: '7' }, Big: { format: 'chr', value: '' } }) },
        });
        expect(statuses).toEqual([200, 200, 200]);
        expect(device.nodes.get('./Ex/one/Count')).toMatchObject({ format, value: digits });
        expect(device.nodes.get('./Ex/one/New')?.value).toBe(digits);
        expect(device.nodes.get('./Ex/one/Big')).toMatchObject({ format: 'chr', value: digits });
      }
    }
  });

  test('a leaf of text takes numbers and truth values as they are written, and tells them as strings', async () => {
    const all = [...DIGITS, ...FRACTIONS, '5.0', '-0', 'true', 'false'];
    const members = all.map((text, at) => `"t${at}":${text}`).join(',');
    const { device, statuses, parts, uploads } = await play({
      commands: [
        ['HGET', `${DATA}a`, `${THING}/In`],
        ['GET', `${THING}/In`],
        ['HPUT', `${DATA}x`, `${THING}/In`],
      ],
      resources: { a: { body: `[{"ClientURI":"","MOData":{"In":{${members}}}}]` } },
      device: {
        encoding,
        nodes: thing({
          In: { format: 'node' },
          ...Object.fromEntries(all.map((_, at) => [`In/t${at}`, { format: 'chr', value: 'x' }])),
        }),
      },
    });
    expect(statuses).toEqual([200, 200, 200]);
    for (const [at, text] of all.entries()) {
      expect(device.nodes.get(`./Ex/one/In/t${at}`)).toMatchObject({ format: 'chr', value: text });
      for (const part of [parts[0], uploads[0]]) expect(part?.text).toContain(`"t${at}":"${text}"`);
    }
  });

  test('an integer with exponent or point is written out for an int, or refused', async () => {
    const body = (digits: string) => ({ body: `[{"ClientURI":"${THING}/Count","MOData":{"Count":${digits}}}]` });
    for (const [digits, status, value] of [
      ['1e3', 200, '1000'],
      ['5.0', 200, '5'],
      ['1.5', 415, '7'],
      ['1e400', 415, '7'],
    ]) {
      const { device, statuses } = await play({
        commands: [['HGET', `${DATA}a`]],
        resources: { a: body(String(digits)) },
        device: { encoding, nodes: thing({ Count: { format: 'int', value: '7' } }) },
      });
      expect([statuses, device.nodes.get('./Ex/one/Count')?.value]).toEqual([[status], value]);
    }
  });

  test('GET and HPUT send the digits of the device', async () => {
    const leaves: Readonly<Record<string, DeviceNode & { readonly value: string }>> = Object.fromEntries([
      ...DIGITS.map((value, at) => [`i${at}`, { format: 'int', value }] as const),
      ...FRACTIONS.map((value, at) => [`f${at}`, { format: 'float', value }] as const),
    ]);
    const { parts, uploads } = await play({
      commands: [
        ['GET', `${THING}/`],
        ['HPUT', `${DATA}x`, `${THING}/`],
      ],
      device: { encoding, nodes: thing(leaves) },
    });
    for (const text of [parts[0]?.text ?? '', uploads[0]?.text ?? '']) {
      for (const [name, { value }] of Object.entries(leaves)) expect(text).toContain(`"${name}":${value}`);
    }
  });

  test('an alert keeps the digits of its number', async () => {
    const alert = {
      name: 'Alert',
      cmdId: '3',
      data: '1226',
      items: [{ meta: { type: 't', format: 'int' }, data: '1234567890123456789' }],
    } as const;
    const { bridge } = await play({ device: { encoding, nodes: thing({}), commands: [alert] } });
    const [first] = bridge.requests;
    expect(JSON.stringify(first?.body)).toContain(
      '\\"DataType\\":\\"int\\",\\"Data\\":{\\"DM1x\\":1234567890123456789}',
    );
  });
});
