/** `POST /notifications/{DevID}`: Package#0 of a backend for a device (DM-2.0 §5.2.1, §7.1.1). */
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Package0Result } from '../bridge/notifications/accept-package0.ts';
import { isMediaType } from '../dm2/media-type.ts';
import { HTTP } from '../http-status.ts';
import { sendProblem } from './error-handler.ts';
import { refuseWithProblem } from './refuse.ts';

export interface NotificationHost {
  /** An accepted Package#0 is stored when it resolves. */
  acceptPackage0(devId: string, bytes: Uint8Array): Promise<Package0Result>;
}

const MEDIA_TYPE = 'application/vnd.syncml.dm.notification';
const MAX_BYTES = 8_192;
const PATH = /^\/notifications\/([^/]+)$/i;

/** Checks method, type and size; the bridge checks the content. */
export function notificationEndpoint(host: NotificationHost): Middleware {
  return async (context) => {
    if (context.method !== 'POST') {
      context.set('Allow', 'POST');
      return refuseWithProblem(context, HTTP.methodNotAllowed, `this path does not accept ${context.method}`);
    }
    if (!isMediaType(context.get('content-type'), MEDIA_TYPE)) {
      return refuseWithProblem(context, HTTP.unsupportedMediaType, `the body must be ${MEDIA_TYPE}`);
    }
    const bytes = await readBytes(context.req);
    if (bytes === 'tooLarge') {
      return refuseWithProblem(context, HTTP.contentTooLarge, `the body must have at most ${MAX_BYTES} bytes`);
    }
    if (bytes === 'incomplete') return;
    // A malformed encoding names no device.
    const devId = decoded(PATH.exec(context.path)?.[1] ?? '') ?? '';
    answer(context, await host.acceptPackage0(devId, bytes));
  };
}

function answer(context: Context, result: Package0Result): void {
  if (result.kind === 'refused') {
    sendProblem(context, result.status, result.detail);
    return;
  }
  context.status = HTTP.accepted;
  context.body = result.body;
}

/** `incomplete`: the client has disconnected. */
async function readBytes(request: IncomingMessage): Promise<Uint8Array | 'tooLarge' | 'incomplete'> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) return 'tooLarge';
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= MAX_BYTES) chunks.push(chunk);
      else finish('tooLarge');
    };
    const finish = (result: Uint8Array | 'tooLarge' | 'incomplete'): void => {
      request.off('data', onData);
      resolve(result);
    };
    request.on('data', onData);
    request.on('end', () => finish(Buffer.concat(chunks)));
    request.on('error', () => finish('incomplete'));
    request.on('close', () => finish('incomplete'));
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
