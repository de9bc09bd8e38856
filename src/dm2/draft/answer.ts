/**
 * The lines of the early draft of DM 2.0 (2009): an answer of the backend has commands, a request of the client has statuses.
 *
 * The commands become those of DM 2.0, so that one engine carries out both.
 *
 * @see the early draft §5.5 to §5.8
 */
import { DecodeError } from '../../errors.ts';
import type { CommandStatus, SupportedMo, WireCommand } from '../package.ts';

/** The media types of the early draft. */
export const DRAFT_TYPES = {
  first: 'application/tnds20',
  commands: 'application/dm20',
  statuses: 'application/dm20status',
} as const;

export interface DraftAnswer {
  readonly msgId: number;
  readonly commands: readonly WireCommand[];
}

/** No number of messages in one session is larger. */
const MSG_ID = /^MsgID (\d{1,9})$/;

/**
 * Reads the answer of a backend. Lines end in CRLF or LF; an empty line is no command.
 * @throws DecodeError ERR_PACKAGE_SHAPE without MsgID in the first line
 */
export function parseDraftAnswer(text: string): DraftAnswer {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const [, digits] = MSG_ID.exec(first.trimEnd()) ?? [];
  if (digits === undefined) throw new DecodeError('ERR_PACKAGE_SHAPE', 'the first line has no MsgID');
  const commands = lines.map((line) => line.trim()).filter((line) => line !== '');
  return { msgId: Number(digits), commands: commands.map((line) => toCommand(line.split(/\s+/))) };
}

/** Writes the statuses of commands in their order; a new place follows its code. No line end follows the last one. */
export function formatDraftStatuses(msgId: number, statuses: readonly CommandStatus[]): string {
  const lines = statuses.map(({ sc, URI = [] }) => [String(sc), ...URI.map(withoutUrn)].join(' '));
  return [`MsgID ${msgId}`, ...lines].join('\r\n');
}

/** The MOID, or the address that begins with one, as the early draft writes it. */
export function withoutUrn(text: string): string {
  return /^urn:/i.test(text) ? text.slice('urn:'.length) : text;
}

/** The command of DM 2.0 that does the same; a name that DM 2.0 does not have for one that the draft does not have. */
function toCommand([name = '', ...parameters]: readonly string[]): WireCommand {
  switch (name) {
    case 'GET':
      return ['HGET', ...withAddresses(parameters, 1)];
    case 'PUT':
    case 'POST':
      return [`H${name}`, ...withAddresses(parameters, 1)];
    case 'DELETE':
      return [name, ...withAddresses(parameters, 0)];
    case 'EXEC': {
      const [clientUri, ...others] = parameters;
      return clientUri === undefined ? [name] : [name, toClientUri(clientUri), ...others];
    }
    case 'DEFAULT': {
      const [moid, serverUri, ...others] = parameters;
      return serverUri === undefined ? [name] : [name, initiatedByDevice(serverUri), moid ?? '', ...others];
    }
    case 'SHOW':
    case 'END':
      return [name, ...parameters];
    default:
      return [`${name} of the early draft`];
  }
}

function withAddresses(parameters: readonly string[], from: number): readonly string[] {
  return parameters.map((text, at) => (at < from ? text : toClientUri(text)));
}

/** The number of sublevels has another name; everything else of an address is the same. */
function toClientUri(text: string): string {
  return text.replace(/([?&])Levels=/, '$1lv=');
}

/** The bridge itself asks for the configuration, not a user (§5.8). */
function initiatedByDevice(serverUri: string): string {
  return `${serverUri}${serverUri.includes('?') ? '&' : '?'}InitiatedBy=Device`;
}

/** The list of MOIDs as TNDS20; with instances one member for each. */
export function moList(mos: readonly SupportedMo[], withInstances: boolean): { readonly TNDS20: readonly object[] } {
  return { TNDS20: mos.flatMap((mo) => (withInstances ? instancesOf(mo) : { MOID: withoutUrn(mo.MOID) })) };
}

/** One object for each instance of an MO; an MO without instance has no Path. */
export function instancesOf({ MOID, DDF, MIID }: SupportedMo): readonly object[] {
  const mo = { MOID: withoutUrn(MOID), DDF };
  return MIID.length === 0 ? [mo] : MIID.map((miid) => ({ ...mo, Path: `/${encodeURIComponent(miid)}` }));
}

/** The MO alone. */
export function withoutInstances({ MOID, DDF }: SupportedMo): object {
  return { MOID: withoutUrn(MOID), DDF };
}
