/**
 * `GET /ddf/<moid>.ddf`: the DDF of a bridged MO. The DDF link in MOS leads here (DM-2.0 §5.2.2, §6.3.2).
 *
 * A MOID may contain slashes; the path may have them as `/` or `%2F`.
 */
import type { Middleware } from 'koa';
import { HTTP } from '../http-status.ts';
import { sendProblem } from './error-handler.ts';

export interface DdfHost {
  /** The DDF document of the MO with that MOID; undefined when the MO is not bridged. */
  ddf(moid: string): Promise<string | undefined>;
}

/** The document is in UTF-8 and names its encoding itself. */
const MEDIA_TYPE = 'application/vnd.syncml.dmddf+xml';

const DDF_PATH = /^\/ddf\/(.+)\.ddf$/i;

/** Sends the document, or 404. */
export function ddfEndpoint(host: DdfHost): Middleware {
  return async (context) => {
    const moid = decode(DDF_PATH.exec(context.path)?.[1] ?? '');
    const document = moid === undefined || moid === '' ? undefined : await host.ddf(moid);
    if (document === undefined) {
      return sendProblem(context, HTTP.notFound, 'there is no DDF of that name; the name of a DDF is <MOID>.ddf');
    }
    context.set('Content-Type', MEDIA_TYPE);
    context.body = document;
  };
}

/** The text without percent-encoding; undefined when the encoding is malformed. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
