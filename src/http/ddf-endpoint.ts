/**
 * `GET /ddf/<moid>.ddf`: the description of a bridged MO, to which the DDF link in MOS points (DM-2.0 §5.2.2, §6.3.2).
 *
 * A MOID may hold slashes; both `/` and `%2F` are taken.
 */
import type { Middleware } from 'koa';
import { answerProblem } from './error-handler.ts';

/** Who knows the MOs. */
export interface DdfHost {
  /** The DDF document of the MO with that MOID, or undefined when it is not bridged. */
  ddf(moid: string): string | undefined;
}

/** UTF-8, as the document itself says. */
const MEDIA_TYPE = 'application/vnd.syncml.dmddf+xml';

const FILE = /^\/ddf\/(.+)\.ddf$/i;

/** Answers with the document, or 404. */
export function ddfEndpoint(host: DdfHost): Middleware {
  return (context) => {
    const moid = decoded(FILE.exec(context.path)?.[1] ?? '');
    const document = moid === undefined || moid === '' ? undefined : host.ddf(moid);
    if (document === undefined) return answerProblem(context, 404, 'no DDF of that name; a DDF is <MOID>.ddf');
    context.set('Content-Type', MEDIA_TYPE);
    context.body = document;
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
