/** The world of a simulated device that reaches its server over HTTP or HTTPS. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { DeviceEvent, DeviceWorld, Post } from './world.ts';

/** The longest time that a device waits for a response. */
const RESPONSE_TIMEOUT_MS = 120_000;

/** @param onEvent receives the messages and faults of the device */
export function httpWorld(onEvent: (event: DeviceEvent) => void = () => {}): DeviceWorld {
  return { post, randomBytes: (count) => randomBytes(count), wait: (ms) => sleep(ms), onEvent };
}

const post: Post = async (url, headers, body) => {
  const options = { method: 'POST', headers: { ...headers }, body, headersTimeout: RESPONSE_TIMEOUT_MS } as const;
  const reply = await request(url, options);
  const entries = Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), String(value ?? '')]);
  return { status: reply.statusCode, headers: Object.fromEntries(entries), body: await reply.body.text() };
};
