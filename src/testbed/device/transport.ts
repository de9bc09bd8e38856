/**
 * How a simulated device reaches its server: one POST per message. Tests pass a function of their own.
 */
import { request } from 'undici';

export interface PostReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends one message; rejects when there is no HTTP answer at all. */
export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<PostReply>;

/** POST over HTTP or HTTPS. */
export const httpPost: Post = async (url, headers, body) => {
  const reply = await request(url, { method: 'POST', headers: { ...headers }, body, headersTimeout: 120_000 });
  const entries = Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), String(value ?? '')]);
  return { status: reply.statusCode, headers: Object.fromEntries(entries), body: await reply.body.text() };
};
