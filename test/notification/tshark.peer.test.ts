/** tshark reads each WAP Push as one for the OMA DM client, with the content type of its format. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { formatMessage12 } from '../../src/notification/message12.ts';
import { formatMessage13 } from '../../src/notification/message13.ts';
import { formatPush } from '../../src/notification/wap-push.ts';

const folder = mkdtempSync(join(tmpdir(), 'dmbridge-tshark-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MESSAGE12 = { version: 11, uiMode: 'background', sessionId: 0xa7, serverId: 'legacy-dm' } as const;
const MESSAGE13 = {
  uiMode: 'background',
  transport: 'unspecified',
  timeout: 1_440,
  sessionId: 0xa7,
  timestamp: 1_700_000_000,
  serverId: 'legacy-dm',
  targetedMos: [0x27],
  requestedMos: [0x0b],
  connectionTypes: [2, 1],
} as const;

test.each([
  [
    '1.2',
    'application/vnd.syncml.notification',
    formatMessage12(MESSAGE12, { password: 'p', nonce: new Uint8Array(4) }),
  ],
  [
    '1.3',
    'application/vnd.syncml.dm.notification',
    formatMessage13(MESSAGE13, { secret: Buffer.from('s'), isJoined: false }),
  ],
] as const)('a push of DM %s is read as %s for x-wap-application:syncml.dm', (format, type, message) => {
  const text = dissect(formatPush(format, 0x2a, message));
  expect(text).toContain('PDU Type: Push (0x06)');
  expect(text).toContain('Transaction ID: 0x2a');
  expect(text).toContain('Headers Length: 3');
  expect(text).toMatch(/X-Wap-Application-I[dD]: x-wap-application:syncml\.dm/u);
  // Versions of tshark that do not have the number of DM 1.3 show it as it is.
  expect(text.includes(`Content-Type: ${type}`) || (format === '1.3' && /Content-Type: .*0x58/u.test(text))).toBe(true);
  expect(text).not.toContain('Malformed');
});

/** The dissection of a UDP datagram to the port of WAP Push. */
function dissect(datagram: Uint8Array): string {
  const dump = join(folder, 'datagram.txt');
  const capture = join(folder, 'datagram.pcap');
  const bytes = [...datagram].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  writeFileSync(dump, `000000 ${bytes}\n`);
  execFileSync('text2pcap', ['-q', '-u', '9200,2948', dump, capture], { stdio: 'ignore' });
  return execFileSync('tshark', ['-r', capture, '-V'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
