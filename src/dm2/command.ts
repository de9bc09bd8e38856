/**
 * One command of Package#2 as a value (DM-2.0 §5.3): its name and the right number of parameters.
 *
 * URIs stay text here, because a ClientURI depends on the known MOIDs and a ServerURI on the device. Names are compared
 * exactly: the specification prints them in upper case and does not say that another spelling is the same command.
 */
import type { WireCommand } from './package.ts';
import { DM2_STATUS } from './status-codes.ts';

/** A command with the right number of parameters. */
export type Dm2Command =
  | { readonly kind: 'HGET'; readonly serverUri: string; readonly clientUri?: string }
  | { readonly kind: 'HPUT' | 'HPOST'; readonly serverUri: string; readonly clientUris: readonly string[] }
  | { readonly kind: 'GET' | 'DELETE' | 'UNSUB'; readonly clientUri: string }
  | { readonly kind: 'EXEC'; readonly clientUri: string; readonly serverUri?: string }
  | { readonly kind: 'SHOW' | 'CONT'; readonly serverUri: string }
  | { readonly kind: 'DEFAULT'; readonly serverUri: string; readonly moid: string }
  | { readonly kind: 'SUB'; readonly serverUri: string; readonly clientUri: string }
  | { readonly kind: 'END' };

/** A command that cannot be executed; it fails alone, with this status (DM-2.0 Appendix C). */
export interface InvalidCommand {
  readonly kind: 'invalid';
  readonly status: typeof DM2_STATUS.badRequest | typeof DM2_STATUS.notImplemented;
  readonly reason: string;
}

/** Reads a command; one with an unknown name gets 501, one with a wrong number of parameters 400. */
export function parseCommand(wire: WireCommand): Dm2Command | InvalidCommand {
  const [name, ...parameters] = wire;
  if (name === undefined) return invalid(DM2_STATUS.badRequest, 'a command without a name');
  if (!isCommandName(name)) return invalid(DM2_STATUS.notImplemented, `unknown command "${name}"`);
  const command = READERS[name](parameters);
  return command ?? invalid(DM2_STATUS.badRequest, `${name} with ${parameters.length} parameters`);
}

function invalid(status: InvalidCommand['status'], reason: string): InvalidCommand {
  return { kind: 'invalid', status, reason };
}

type CommandName = Dm2Command['kind'];
type Reader = (parameters: readonly string[]) => Dm2Command | undefined;

/** The parameter tables of DM-2.0 §5.3.1 to §5.3.12. */
const READERS: Readonly<Record<CommandName, Reader>> = {
  HGET: ([serverUri, clientUri, ...rest]) => {
    if (serverUri === undefined || rest.length > 0) return undefined;
    return clientUri === undefined ? { kind: 'HGET', serverUri } : { kind: 'HGET', serverUri, clientUri };
  },
  HPUT: readUpload('HPUT'),
  HPOST: readUpload('HPOST'),
  DELETE: readClientUri('DELETE'),
  EXEC: ([clientUri, serverUri, ...rest]) => {
    if (clientUri === undefined || rest.length > 0) return undefined;
    return serverUri === undefined ? { kind: 'EXEC', clientUri } : { kind: 'EXEC', clientUri, serverUri };
  },
  GET: readClientUri('GET'),
  SHOW: readServerUri('SHOW'),
  CONT: readServerUri('CONT'),
  END: (parameters) => (parameters.length === 0 ? { kind: 'END' } : undefined),
  DEFAULT: ([serverUri, moid, ...rest]) => {
    if (serverUri === undefined || moid === undefined || moid === '' || rest.length > 0) return undefined;
    return { kind: 'DEFAULT', serverUri, moid };
  },
  SUB: ([serverUri, clientUri, ...rest]) => {
    if (serverUri === undefined || clientUri === undefined || rest.length > 0) return undefined;
    return { kind: 'SUB', serverUri, clientUri };
  },
  UNSUB: readClientUri('UNSUB'),
};

function readUpload(kind: 'HPUT' | 'HPOST'): Reader {
  return ([serverUri, ...clientUris]) => {
    if (serverUri === undefined || clientUris.length === 0) return undefined;
    return { kind, serverUri, clientUris };
  };
}

function readClientUri(kind: 'GET' | 'DELETE' | 'UNSUB'): Reader {
  return ([clientUri, ...rest]) => (clientUri === undefined || rest.length > 0 ? undefined : { kind, clientUri });
}

function readServerUri(kind: 'SHOW' | 'CONT'): Reader {
  return ([serverUri, ...rest]) => (serverUri === undefined || rest.length > 0 ? undefined : { kind, serverUri });
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(READERS, name);
}
