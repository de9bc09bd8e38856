/** The faults of a server that the simulated device finds. */
import { describe, expect, test } from 'vitest';
import { runSession } from '../../../src/testbed/device/session.ts';
import { exampleDevice, script, serverMessage, statuses } from './scripted-server.ts';

const get = (cmdId: string, uri = './DevInfo/Man'): string =>
  `<Get><CmdID>${cmdId}</CmdID><Item><Target><LocURI>${uri}</LocURI></Target></Item></Get>`;

/** Faults that the device finds in the first answer of the server. */
async function faultsOf(damage: (text: string) => string, profile: object = {}): Promise<readonly string[]> {
  const device = exampleDevice({ profile: { version: '1.3', auth: 'basic', ...profile } });
  const server = script(
    (message) => damage(serverMessage(message, statuses(message, 212) + get('1'))),
    (message) => serverMessage(message, statuses(message)),
  );
  const { faults } = await runSession(device, server.world);
  return faults.filter((fault) => fault.startsWith('message 1:')).map((fault) => fault.slice('message 1: '.length));
}

describe('a device that checks its server', () => {
  test('a right answer has no fault', async () => {
    expect(await faultsOf((text) => text)).toEqual([]);
  });

  test.each([
    ['VerProto', (text: string) => text.replace('DM/1.3', 'DM/1.2'), 'VerProto is "DM/1.2" instead of "DM/1.3"'],
    ['VerDTD', (text: string) => text.replace('<VerDTD>1.2', '<VerDTD>1.1'), 'VerDTD is "1.1" instead of "1.2"'],
    ['SessionID', (text: string) => text.replace('<SessionID>1', '<SessionID>9'), 'SessionID is "9" instead of "1"'],
    ['MsgID', (text: string) => text.replace('<MsgID>1', '<MsgID>0'), 'MsgID 0 does not rise'],
    [
      'CmdID twice',
      (text: string) => text.replace('<CmdID>102', '<CmdID>101'),
      'CmdID "101" is missing, 0 or not unique',
    ],
    ['CmdID 0', (text: string) => text.replace('<CmdID>1<', '<CmdID>0<'), 'CmdID "0" is missing, 0 or not unique'],
    [
      'MsgRef',
      (text: string) => text.replace('<MsgRef>1', '<MsgRef>7'),
      'the Status for SyncHdr answers MsgID 7 instead of 1',
    ],
    [
      'missing Status',
      (text: string) => text.replace(/<Status><CmdID>103.*?<\/Status>/u, ''),
      'no Status for Replace 1/2',
    ],
    [
      'a Status for an unknown command',
      (text: string) => text.replace('<CmdRef>2<', '<CmdRef>5<'),
      'Status for Replace 1/5, which was not sent or is answered',
    ],
    ['no Final', (text: string) => text.replace('<Final/>', ''), 'neither Final nor MoreData nor Alert 1222'],
    [
      'a command of a client',
      (text: string) => text.replaceAll('Get>', 'Results>'),
      'Results is no command of a DM Server',
    ],
    ['no target', (text: string) => text.replace(/<Item>.*<\/Item>/u, ''), 'Get without Item'],
    [
      'a target with a slash at the end',
      (text: string) => text.replace('./DevInfo/Man', './DevInfo/'),
      'Get with the target "./DevInfo/"',
    ],
    [
      'an unknown alert',
      (text: string) => text.replace(/<Get>.*<\/Get>/u, '<Alert><CmdID>1</CmdID><Data>1226</Data></Alert>'),
      'Alert 1226',
    ],
  ])('a fault is found: %s', async (_name, damage, fault) => {
    expect(await faultsOf(damage)).toContain(fault);
  });

  test('a message over MaxMsgSize is a fault', async () => {
    expect((await faultsOf((text) => text, { maxMsgSize: 300 }))[0]).toMatch(/^\d+ bytes, more than MaxMsgSize 300$/u);
  });

  test('a Status before the one for SyncHdr is a fault', async () => {
    const swapped = await faultsOf((text) => text.replace(/(<Status>.*?<\/Status>)(<Status>.*?<\/Status>)/u, '$2$1'));
    expect(swapped).toContain('the body does not begin with the Status for SyncHdr');
  });

  test('?list= is a fault toward a DM 1.1 device', async () => {
    const faults = await faultsOf((text) => text.replace('./DevInfo/Man', './DevInfo?list=Struct'), { version: '1.1' });
    expect(faults).toEqual(['?list= to DM 1.1']);
  });

  test('a command in a refusal is a fault', async () => {
    const faults = await faultsOf((text) => text.replace('<Data>212</Data>', '<Data>401</Data>'));
    expect(faults).toEqual(['a refusal holds Get', 'a refusal without Chal']);
  });

  test('an answer that is no XML is a fault', async () => {
    expect((await faultsOf(() => '<SyncML>'))[0]).toMatch(/^unreadable answer/u);
  });
});
