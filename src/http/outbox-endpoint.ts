/** Refused alerts for operators: the list, and the way back into the outbox of the device. */
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { AlertName, PutBackResult, RefusedQuery } from '../bridge/operator-outbox.ts';
import type { ListedAlert } from '../bridge/ports.ts';
import { HTTP } from '../http-status.ts';
import type { Mutable } from '../mutable.ts';
import { sendProblem } from './error-handler.ts';

export interface OutboxHost {
  refusedAlerts(query: RefusedQuery): Promise<readonly ListedAlert[]>;
  putAlertBack(key: AlertName): Promise<PutBackResult>;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const FILTERS: readonly string[] = ['state', 'device', 'limit', 'cursor'];

export function addOutboxRoutes(router: Router, authorized: Middleware, host: OutboxHost): void {
  router.get('/api/v1/outbox', authorized, (context) => listRefused(context, host));
  router.post('/api/v1/outbox/:id/retry', authorized, (context) => putBack(context, context.params.id ?? '', host));
}

async function listRefused(context: Context, host: OutboxHost): Promise<void> {
  const query = readQuery(context.URL.searchParams);
  if (typeof query === 'string') return sendProblem(context, HTTP.badRequest, query);
  const { limit } = query;
  // One more tells whether there is another page.
  const listed = await host.refusedAlerts({ ...query, limit: limit + 1 });
  const page = listed.slice(0, limit);
  const last = listed.length > limit ? page.at(-1) : undefined;
  const next = last === undefined ? null : formatId({ devId: last.devId, seq: last.item.seq });
  if (next !== null) {
    const url = new URL(context.URL);
    url.searchParams.set('cursor', next);
    context.set('Link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  context.body = { items: page.map(toJson), next };
}

/** The query, or what is wrong with it. */
function readQuery(given: URLSearchParams): RefusedQuery | string {
  const unknown = [...given.keys()].find((name) => !FILTERS.includes(name));
  if (unknown !== undefined) return `there is no filter "${unknown}"`;
  if (given.get('state') !== 'refused') return 'only state=refused can be listed';
  const limit = Number(given.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return `limit is a number from 1 to ${MAX_LIMIT}`;
  const query: Mutable<RefusedQuery> = { limit };
  const [device, cursor] = [given.get('device'), given.get('cursor')];
  if (device !== null) query.devId = device;
  if (cursor !== null) {
    query.after = readId(cursor);
    if (query.after === undefined) return 'cursor is not the next of a page';
  }
  return query;
}

async function putBack(context: Context, id: string, host: OutboxHost): Promise<void> {
  // A page of another origin must not change anything, although a listener on loopback needs no token.
  if (!isSameOrigin(context)) return sendProblem(context, HTTP.forbidden, 'the Origin is not this listener');
  const key = readId(id);
  const result = key === undefined ? 'unknown' : await host.putAlertBack(key);
  switch (result) {
    case 'done':
      context.status = HTTP.noContent;
      return;
    case 'unknown':
      return sendProblem(context, HTTP.notFound, 'there is no refused alert with this id');
    case 'full':
      return sendProblem(context, HTTP.conflict, 'the outbox of the device is full');
  }
}

function isSameOrigin(context: Context): boolean {
  const origin = context.get('origin');
  return origin === '' || URL.parse(origin)?.host === context.host;
}

function toJson({ devId, item }: ListedAlert) {
  const { seq, refusal, receivedAt, item: alert } = item;
  return {
    id: formatId({ devId, seq }),
    device: devId,
    state: 'refused',
    type: alert.meta?.type ?? null,
    received: new Date(receivedAt).toISOString(),
    tries: refusal?.tries ?? 0,
    lastFailure: refusal === undefined ? null : { status: refusal.status, at: new Date(refusal.at).toISOString() },
  };
}

/** The DevID in base64url and the number of the alert, with a point between them. */
function formatId({ devId, seq }: AlertName): string {
  return `${Buffer.from(devId).toString('base64url')}.${seq}`;
}

function readId(text: string): AlertName | undefined {
  const [, encoded = '', digits = ''] = /^([\w-]+)\.(\d{1,15})$/.exec(text) ?? [];
  if (digits === '') return undefined;
  return { devId: Buffer.from(encoded, 'base64url').toString(), seq: Number(digits) };
}
