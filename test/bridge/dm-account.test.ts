/** The DM Account MO as a backend reads it (DM-2.0 §12.2): the account that the bridge has for this backend. */
import { expect, test } from 'vitest';
import { contentBytes } from '../../src/dm2/content.ts';
import { packageOne } from '../e2e/scripted-device.ts';
import { readMultipart } from '../support/dm2/multipart-reader.ts';
import { BRUCE, BridgeUnderTest, commands, noCommands, SRV_URI, statusesIn } from './bridge-under-test.ts';

const DMACC = 'urn:oma:mo:oma-dm-dmacc:1.2';

test('the DM Account MO shows SrvID, SrvURI and Name, and neither Perm nor secrets (DM-STDOBJ-002-C-M)', async () => {
  const bridge = await BridgeUnderTest.open({
    script: (_, count) =>
      count === 1
        ? commands(
            ['GET', `${DMACC}/DMS1/`],
            ['GET', `${DMACC}//SrvURI`],
            ['GET', `${DMACC}//Perm`],
            ['GET', `${DMACC}//Auth/Noti/Secret`],
          )
        : noCommands(),
  });
  await bridge.say(packageOne(BRUCE));
  expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200, 404, 403]]);
  const { headers, body } = bridge.requests.at(-1) ?? {};
  const parts = readMultipart(headers?.['content-type'] ?? '', contentBytes(body ?? { text: '' }));
  const [, account = '', uri] = parts.map(({ content }) => Buffer.from(content).toString());
  const [{ MOData }] = JSON.parse(account);
  expect(MOData).toEqual({
    DMS1: { SrvID: 'DMS1', SrvURI: SRV_URI, Name: 'main', Auth: { Noti: { Type: 0 } } },
  });
  expect(uri).toBe(SRV_URI);
});
