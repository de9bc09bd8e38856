/** PAP: the request to a push proxy gateway and the meaning of its answers. */
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { formatPapRequest, readPapAnswer } from '../../src/notification/pap.ts';

const PUSH = {
  pushId: 'A7.1.0123456789ab@legacy-dm',
  deliverBefore: Date.UTC(2026, 11, 1, 12, 30, 5, 678),
  address: 'WAPPUSH=+491701234567/TYPE=PLMN@ppg.example.com',
  format: '1.3',
  message: Buffer.from('\u0000\r\n--dmbridge-0--\u00ff', 'latin1'),
} as const;

describe('the request', () => {
  test('has the control entity and the raw message, with CRLF and a boundary that the message does not have', () => {
    const { contentType, body } = formatPapRequest(PUSH);
    expect(contentType).toBe('multipart/related; type="application/xml"; boundary=dmbridge-1');
    const text = Buffer.from(body).toString('latin1');
    expect(text.split('\r\n--dmbridge-1')).toEqual([
      expect.stringMatching(/^--dmbridge-1\r\nContent-Type: application\/xml\r\n\r\n<\?xml version="1\.0"/u),
      `\r\nContent-Type: application/vnd.syncml.dm.notification\r\nX-Wap-Application-Id: x-wap-application:syncml.dm\r\n\r\n${PUSH.message.toString('latin1')}`,
      '--\r\n',
    ]);
    expect(text).toContain(
      '<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">',
    );
  });

  test('has an XML document that another parser reads, with the address escaped', () => {
    const { body } = formatPapRequest({ ...PUSH, address: 'A&B"<C>' });
    const xml = /(<\?xml[\s\S]*<\/pap>)/u.exec(Buffer.from(body).toString('latin1'))?.[1] ?? '';
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
    expect(parser.parse(xml).pap['push-message']).toEqual({
      'push-id': PUSH.pushId,
      'deliver-before-timestamp': '2026-12-01T12:30:05Z',
      address: { 'address-value': 'A&B"<C>' },
      'quality-of-service': { 'delivery-method': 'unconfirmed' },
    });
  });
});

describe('the answer', () => {
  const result = (code: string) => `<?xml version="1.0"?>
<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "http://www.wapforum.org/DTD/pap_1.0.dtd">
<pap><push-response push-id ="1" sender-name="gateway"><response-result code ="${code}" desc="x"></response-result></push-response></pap>`;
  const bad = '<pap><badmessage-response code="2000" bad-message-fragment="x"/></pap>';

  test.each([
    ['200 with code 1000', 200, result('1000'), 'accepted', undefined],
    ['202 with code 1001', 202, result('1001'), 'accepted', undefined],
    ['200 with code 2002', 200, result('2002'), 'refused', 'PAP code 2002'],
    ['200 with code 3001', 200, result('3001'), 'failed', 'PAP code 3001'],
    ['200 with code 4001', 200, result('4001'), 'failed', 'PAP code 4001'],
    ['200 with a text for a code', 200, result('secret'), 'failed', 'PAP code unknown'],
    ['200 with a bad-message response', 200, bad, 'refused', 'PAP code 2000'],
    ['200 with a page', 200, '<html><body>ok</body></html>', 'failed', 'the answer is no PAP document'],
    ['200 without a body', 200, '', 'failed', 'the answer is no PAP document'],
    ['200 with entities', 200, '<!DOCTYPE pap [<!ENTITY a "b">]><pap/>', 'failed', 'the answer is no PAP document'],
    ['403', 403, '', 'refused', 'HTTP 403'],
    ['408', 408, '', 'failed', 'HTTP 408'],
    ['425', 425, '', 'failed', 'HTTP 425'],
    ['429', 429, '', 'failed', 'HTTP 429'],
    ['500', 500, '', 'failed', 'HTTP 500'],
    ['500 with code 1001', 500, result('1001'), 'failed', 'PAP code 1001'],
    ['302', 302, '', 'failed', 'HTTP 302'],
  ])('an answer of %s is read', (_, status, body, kind, reason) => {
    expect(readPapAnswer(status, body)).toEqual(reason === undefined ? { kind } : { kind, reason });
  });
});
