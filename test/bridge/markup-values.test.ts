/** Markup inside Data reaches the backend as if it had come escaped. */
import { describe, expect, test } from 'vitest';
import type { AlertCommand } from '../../src/syncml/message.ts';
import { DATA, moData, play, THING, thing } from './value-scene.ts';

const RULES = '<rule id="r1" action="deny">usb</rule> and <rule id="r2" action="allow"/>';
const escaped = RULES.replaceAll('<', '&lt;');

describe.each([
  ['inline', RULES],
  ['escaped', escaped],
  ['as CDATA', `<![CDATA[${RULES}]]>`],
])('markup that comes %s', (_, raw) => {
  test.each(['xml', 'chr', undefined])('a leaf of Format %s has it as value', async (format) => {
    const { parts, uploads } = await play({
      commands: [
        ['GET', `${THING}/Rule`],
        ['GET', `${THING}/`],
        ['HPUT', `${DATA}x`, `${THING}/Rule`],
      ],
      device: { nodes: thing({ Rule: { format, value: { raw } } }) },
    });
    expect(parts[0]?.text).toBe(RULES);
    expect(moData(parts[1])).toEqual({ Rule: RULES });
    expect(uploads[0]?.text).toBe(RULES);
  });

  test('an alert has it as data', async () => {
    const alert: AlertCommand = {
      name: 'Alert',
      cmdId: '3',
      data: '1226',
      items: [{ meta: { type: 'com.example:report', format: 'xml' }, data: '@' }],
    };
    const { packages } = await play({
      device: { nodes: {}, commands: [alert], alter: (xml) => xml.replace('<Data>@</Data>', `<Data>${raw}</Data>`) },
    });
    expect(packages[0]?.Alert?.[1]).toMatchObject({ DataType: 'text/xml', Data: { DM1x: RULES } });
  });
});

test('prefixes that are declared at the root of the message go with the value', async () => {
  const { parts } = await play({
    commands: [['GET', `${THING}/Rule`]],
    device: {
      nodes: thing({ Rule: { format: 'xml', value: { raw: '<p:rule p:id="1"/>' } } }),
      alter: (xml) => xml.replace('<SyncML ', '<SyncML xmlns:p="urn:p" '),
    },
  });
  expect(parts[0]?.text).toBe('<p:rule xmlns:p="urn:p" p:id="1"/>');
});
