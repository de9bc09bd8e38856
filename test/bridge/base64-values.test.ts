/** Values of binary formats: base64 is bytes, and any other text stays the text that it is. */
import { describe, expect, test } from 'vitest';
import type { AlertCommand } from '../../src/syncml/message.ts';
import { DATA, moData, play, THING, thing } from './value-scene.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB+zCCAWQ=\n-----END CERTIFICATE-----\n';

describe.each(['xml', 'wbxml'] as const)('a device that speaks %s', (encoding) => {
  test.each(['b64', 'bin'])(
    'a leaf of Format %s that is no base64 is told as text/plain, and logged once',
    async (format) => {
      const { parts, uploads, quirks, bridge } = await play({
        commands: [
          ['GET', `${THING}/Pem`],
          ['GET', `${THING}/`],
          ['HPUT', `${DATA}x`, `${THING}/Pem`],
        ],
        device: { encoding, nodes: thing({ Pem: { format, type: 'application/x-x509-ca-cert', value: PEM } }) },
        sessions: 2,
      });
      expect(parts[0]).toEqual({ type: 'text/plain', text: PEM });
      expect(moData(parts[1])).toEqual({ Pem: PEM });
      expect(uploads[0]).toEqual({ type: 'text/plain', text: PEM });
      expect(quirks.filter((each) => JSON.stringify(each).includes('"not base64"'))).toHaveLength(1);
      expect((await bridge.state()).record.facts.tolerated).toContain('not base64');
    },
  );

  test('base64 with line breaks and blanks is bytes', async () => {
    const { parts, quirks } = await play({
      commands: [['GET', `${THING}/Blob`]],
      device: { encoding, nodes: thing({ Blob: { format: 'b64', type: 'image/png', value: ' SGVs\r\n bG8= \n' } }) },
    });
    expect(parts[0]).toEqual({ type: 'image/png', text: 'Hello' });
    expect(quirks).toEqual([]);
  });

  test('an alert that is no base64 goes as text/plain', async () => {
    const alert: AlertCommand = {
      name: 'Alert',
      cmdId: '3',
      data: '1226',
      items: [
        { meta: { type: 't', format: 'b64' }, data: PEM },
        { meta: { type: 't', format: 'b64' }, data: 'AA\nE=' },
      ],
    };
    const { packages, quirks } = await play({ device: { encoding, nodes: {}, commands: [alert] } });
    expect(packages[0]?.Alert?.slice(1)).toMatchObject([
      { DataType: 'text/plain', Data: { DM1x: PEM } },
      { DataType: 'application/octet-stream', Data: { DM1x: 'AAE=' } },
    ]);
    expect(quirks).toMatchObject([{ quirk: 'not base64' }]);
  });

  test.each(['AAECAwQFB', 'AA=', PEM, '%%'])(
    'HGET of %j for a binary leaf is 415, and nothing is written',
    async (value) => {
      const json = (path: string, data: unknown) =>
        JSON.stringify([{ ClientURI: `${THING}/${path}`, MOData: { [path.split('/').at(-1) ?? '']: data } }]);
      const tnds = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>Blob</NodeName><RTProperties><Format><b64/></Format></RTProperties><Value>${value}</Value></Node></MgmtTree>`;
      const { statuses, device } = await play({
        commands: [
          ['HGET', `${DATA}a`],
          ['HGET', `${DATA}b`],
          ['HGET', `${DATA}c`, `${THING}/Blob`],
        ],
        resources: {
          a: { body: json('Blob', value) },
          b: { body: json('Set', { Name: 'new', Bin: value }) },
          c: { contentType: 'application/vnd.syncml.dmtnds+xml', body: tnds },
        },
        device: {
          encoding,
          nodes: thing({
            Blob: { format: 'b64', value: 'AAEC' },
            Set: { format: 'node' },
            'Set/Name': { format: 'chr', value: 'old' },
            'Set/Bin': { format: 'bin', value: encoding === 'xml' ? 'AAEC' : Uint8Array.of(0, 1, 2) },
          }),
        },
      });
      expect(statuses).toEqual([415, 415, 415]);
      expect(device.written).toEqual([]);
    },
  );

  test('HGET of base64 with line breaks is written', async () => {
    const { statuses, device } = await play({
      commands: [['HGET', `${DATA}a`]],
      resources: { a: { body: JSON.stringify([{ ClientURI: `${THING}/Blob`, MOData: { Blob: 'SGVs\r\n bG8=' } }]) } },
      device: { encoding, nodes: thing({ Blob: { format: 'b64', value: 'AAEC' } }) },
    });
    expect(statuses).toEqual([200]);
    expect(Buffer.from(String(device.nodes.get('./Ex/one/Blob')?.value), 'base64').toString()).toBe('Hello');
  });
});
