/** Whole sessions of the simulated device: authentication, the examples of the specification, alerts, retries. */
import { describe, expect, test } from 'vitest';
import { runSession } from '../../../src/testbed/device/session.ts';
import { buildTree } from '../../../src/testbed/device/tree-data.ts';
import {
  codes,
  DEV_ID,
  exampleDevice,
  exchange,
  results,
  SERVER_URL,
  script,
  serverMessage,
  statuses,
} from './scripted-server.ts';

const challenge = (type: string, nonce = ''): string =>
  `<Chal><Meta><Type xmlns='syncml:metinf'>${type}</Type><Format xmlns='syncml:metinf'>b64</Format>${nonce}</Meta></Chal>`;

const refusal = (code: number, chal: string): string =>
  `<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>${SERVER_URL}</TargetRef>
<SourceRef>${DEV_ID}</SourceRef>${chal}<Data>${code}</Data></Status>
<Status><CmdID>2</CmdID><MsgRef>1</MsgRef><CmdRef>1</CmdRef><Cmd>Alert</Cmd><Data>${code}</Data></Status>
<Status><CmdID>3</CmdID><MsgRef>1</MsgRef><CmdRef>2</CmdRef><Cmd>Replace</Cmd><Data>${code}</Data></Status>`;

describe('authentication (DM-1.3 §9.4)', () => {
  test('§9.4.1: after 407 the device sends Package#1 again with basic credentials', async () => {
    const device = exampleDevice({ profile: { version: '1.3', auth: 'basic', credFirst: false } });
    const server = script(
      (message) => serverMessage(message, refusal(407, challenge('syncml:auth-basic'))),
      (message) => serverMessage(message, statuses(message, 212)),
    );
    const outcome = await runSession(device, server.world);
    expect(outcome).toMatchObject({ end: 'done', messages: 2, faults: [] });
    expect(server.received[0]?.header.cred).toBeUndefined();
    expect(server.received[1]?.header).toMatchObject({
      sessionId: '1',
      msgId: '2',
      cred: { type: 'syncml:auth-basic', data: 'QnJ1Y2UyOk9oQmVoYXZl' },
    });
    expect(server.received[1]?.commands.map(({ name }) => name)).toEqual(['Status', 'Alert', 'Replace']);
  });

  test('§9.4.2: MD5 uses the nonce "Nonce", and the next nonce serves the next session', async () => {
    const device = exampleDevice({ profile: { version: '1.3', auth: 'md5' }, clientNonce: 'Tm9uY2U=' });
    const next = "<NextNonce xmlns='syncml:metinf'>LG3iZQhhdmKNHg==</NextNonce>";
    const server = script((message) =>
      serverMessage(
        message,
        statuses(message, 212).replace('<Data>212', `${challenge('syncml:auth-md5', next)}<Data>212`),
      ),
    );
    expect(await runSession(device, server.world)).toMatchObject({ end: 'done', faults: [] });
    expect(server.received[0]?.header).toMatchObject({
      sourceName: 'Bruce2',
      cred: { type: 'syncml:auth-md5', data: 'Zz6EivR3yeaaENcRN6lpAQ==' },
    });
    expect(device.clientNonce).toBe('LG3iZQhhdmKNHg==');
  });

  test('three refusals end the session', async () => {
    const device = exampleDevice();
    const refuse = (message: Parameters<typeof statuses>[0]): string =>
      serverMessage(message, statuses(message, 401).replace('<Data>401', `${challenge('syncml:auth-basic')}<Data>401`));
    const server = script(refuse, refuse, refuse);
    expect(await runSession(device, server.world)).toMatchObject({ end: 'unauthorised', messages: 3 });
  });

  test('credentials are sent on after 200, and no longer after 212', async () => {
    for (const [code, sent] of [
      [212, false],
      [200, true],
    ] as const) {
      const get = '<Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get>';
      const server = script(
        (message) => serverMessage(message, statuses(message, code) + get),
        (message) => serverMessage(message, statuses(message, code)),
      );
      await runSession(exampleDevice(), server.world);
      expect(server.received[1]?.header.cred !== undefined, String(code)).toBe(sent);
    }
  });

  test('a device that wants the server to authenticate refuses its commands until it does', async () => {
    const device = exampleDevice({
      profile: { version: '1.3', auth: 'basic', serverAuth: 'basic' },
      serverAccount: { user: 'mgmt', password: 'server' },
    });
    const get = '<Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get>';
    const data = Buffer.from('mgmt:server').toString('base64');
    const cred = `<Cred><Meta><Type xmlns='syncml:metinf'>syncml:auth-basic</Type></Meta><Data>${data}</Data></Cred>`;
    const server = script(
      (message) => serverMessage(message, statuses(message, 212) + get),
      (message) => serverMessage(message, statuses(message) + get, { header: cred }),
      (message) => serverMessage(message, statuses(message)),
    );
    expect(await runSession(device, server.world)).toMatchObject({ end: 'done', messages: 3 });
    expect(server.received[1]?.commands[0]).toMatchObject({ data: '407', chal: { type: 'syncml:auth-basic' } });
    expect(codes(server.received[1])).toEqual(['1 407']);
    expect(results(server.received[1])).toEqual([]);
    expect(server.received[2]?.commands[0]?.data).toBe('212');
    expect(results(server.received[2])[0]?.items[0]?.data).toBe('Device Factory, Inc.');
  });
});

// The bodies of §11 with the CmdRefs of this device, which numbers its Replace 2.
describe('protocol examples (DM-1.3 §11)', () => {
  const confirm = `<Sequence><CmdID>1</CmdID>
<Alert><CmdID>2</CmdID><Data>1101</Data><Item></Item><Item><Data>Do you want to add the CNN access point?</Data></Item></Alert>
<Replace><CmdID>4</CmdID><Meta><Format xmlns='syncml:metinf'>b64</Format><Type xmlns='syncml:metinf'>
application/vnd.wap.connectivity-wbxml</Type></Meta>
<Item><Target><LocURI>./settings/wap_settings/CNN</LocURI></Target><Data>AAEC</Data></Item></Replace></Sequence>`;
  const settings = {
    $acl: 'Get=*&Replace=mgmt-server',
    DevInfo: { DevId: DEV_ID },
    settings: { wap_settings: { CNN: { $format: 'b64', $value: '' } } },
  };

  test('§11.1: the user confirms and the access point is set', async () => {
    const device = exampleDevice({ tree: buildTree(settings) });
    const server = exchange(confirm);
    expect(await runSession(device, server.world, { initiation: 1200, sessionId: '1' })).toMatchObject({
      end: 'done',
      faults: [],
    });
    expect(server.received[0]?.commands[0]).toMatchObject({ name: 'Alert', data: '1200' });
    expect(codes(server.received[1])).toEqual(['1 200', '2 200', '4 200']);
    expect(server.received[1]?.commands.at(-1)?.targetRef).toBe('./settings/wap_settings/CNN');
    expect(device.tree.value('./settings/wap_settings/CNN')).toBe('AAEC');
    expect(device.tree.find(['settings', 'wap_settings', 'CNN'])?.type).toBe('application/vnd.wap.connectivity-wbxml');
  });

  test.each([
    ['no', ['1 200', '2 304', '4 215']],
    ['cancel', ['1 200', '2 214', '4 215']],
    ['timeout', ['1 200', '2 408', '4 200']],
  ] as const)('§10.2.2: the user answers %s', async (answer, expected) => {
    const device = exampleDevice({ tree: buildTree(settings), user: { answer, input: '', choices: [] } });
    const server = exchange(confirm);
    await runSession(device, server.world);
    expect(codes(server.received[1])).toEqual(expected);
  });

  test('§11.2: a version is read, and written in a second step', async () => {
    const device = exampleDevice();
    const server = exchange(
      `<Alert><CmdID>2</CmdID><Data>1100</Data><Item></Item><Item><Data>Your antivirus software is being updated</Data></Item>
</Alert><Get><CmdID>4</CmdID><Item><Target><LocURI>./antivirus_data/version</LocURI></Target></Item></Get>`,
      `<Replace><CmdID>2</CmdID><Meta><Format xmlns='syncml:metinf'>chr</Format></Meta>
<Item><Target><LocURI>./antivirus_data/version</LocURI></Target><Data>6</Data></Item></Replace>`,
    );
    expect(await runSession(device, server.world)).toMatchObject({ end: 'done', messages: 3, faults: [] });
    expect(codes(server.received[1])).toEqual(['2 200', '4 200']);
    expect(results(server.received[1])[0]).toMatchObject({
      msgRef: '1',
      cmdRef: '4',
      items: [{ source: './antivirus_data/version', data: 'antivirus-inc/20010522b/5' }],
    });
    expect(codes(server.received[2])).toEqual(['2 200']);
    expect(device.tree.value('./antivirus_data/version')).toBe('6');
  });
});

describe('flow', () => {
  test('messages go to RespURI after it was given, and Source and Target stay', async () => {
    const get = '<Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get>';
    const server = script(
      (message) =>
        serverMessage(message, statuses(message, 212) + get, { header: '<RespURI>http://dm.example/s/1</RespURI>' }),
      (message) => serverMessage(message, statuses(message)),
    );
    await runSession(exampleDevice(), server.world);
    expect(server.urls).toEqual([SERVER_URL, 'http://dm.example/s/1']);
    expect(server.received[1]?.header.target).toBe(SERVER_URL);
  });

  test('Alert 1223 ends the session without an answer', async () => {
    const server = exchange('<Alert><CmdID>1</CmdID><Data>1223</Data></Alert>');
    expect(await runSession(exampleDevice(), server.world)).toMatchObject({ end: 'aborted', messages: 1, faults: [] });
  });

  test('a Generic Alert is sent until it is acknowledged', async () => {
    const device = exampleDevice();
    device.raise({ type: 'urn:oma:at:dcmo:1.0:OperationComplete', format: 'int', data: '1200', source: './x' });
    const broken = script(() => {
      throw new Error('connection lost');
    });
    expect(await runSession(device, broken.world)).toMatchObject({ end: 'failed', reason: 'connection lost' });
    expect(device.pendingAlerts()).toHaveLength(1);
    const server = exchange();
    await runSession(device, server.world);
    expect(server.received[0]?.commands.at(-1)).toMatchObject({
      name: 'Alert',
      data: '1226',
      items: [{ source: './x', data: '1200', meta: { format: 'int', type: 'urn:oma:at:dcmo:1.0:OperationComplete' } }],
    });
    expect(device.pendingAlerts()).toEqual([]);
    expect(device.sessions).toBe(2);
  });

  test('an Exec answered by 202 raises an alert with its Correlator in the next session', async () => {
    const tree = buildTree({
      $acl: 'Get=*&Exec=*',
      DevInfo: { DevId: DEV_ID },
      Run: { $format: 'null', $access: ['Exec', 'Get'] },
      State: 10,
    });
    const alert = { type: 'urn:oma:at:fumo:1.0:done', format: 'int', data: '200' };
    const device = exampleDevice({ tree, handlers: { './Run': { status: 202, set: { './State': '20' }, alert } } });
    const first = exchange(
      '<Exec><CmdID>1</CmdID><Correlator>c42</Correlator><Item><Target><LocURI>./Run</LocURI></Target></Item></Exec>',
    );
    await runSession(device, first.world);
    expect(codes(first.received[1])).toEqual(['1 202']);
    expect(device.tree.value('./State')).toBe('20');
    const second = exchange();
    await runSession(device, second.world);
    expect(second.received[0]?.commands.at(-1)).toMatchObject({
      data: '1226',
      correlator: 'c42',
      items: [{ source: './Run' }],
    });
  });

  test('HTTP 503 is tried again with the same message', async () => {
    const server = exchange();
    let calls = 0;
    const post: typeof server.world.post = async (url, headers, body) => {
      calls += 1;
      return calls === 1 ? { status: 503, headers: {}, body: '' } : server.world.post(url, headers, body);
    };
    const outcome = await runSession(exampleDevice(), { ...server.world, post }, { retries: 1 });
    expect(outcome).toMatchObject({ end: 'done', messages: 1 });
    expect(calls).toBe(2);
  });
});
