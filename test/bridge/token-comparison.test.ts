import { expect, test } from 'vitest';
import type { DeviceRequest } from '../../src/bridge/device-request.ts';
import { hasToken } from '../../src/bridge/session-binding.ts';

test('a request has the token of its session, and not that of the session after it', () => {
  const request: DeviceRequest = {
    body: new Uint8Array(),
    contentType: 'application/vnd.syncml.dm+xml',
    headers: {},
    token: 'old',
    remoteAddress: '192.0.2.1',
  };
  const answers = ['old', 'new', 'old', 'older'].map((token) => hasToken(request, { token }));
  expect(answers).toEqual([true, false, true, false]);
});
