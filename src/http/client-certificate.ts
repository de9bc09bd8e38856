/**
 * The names in the client certificate of a connection that was verified against `south.tls.clientCa`.
 *
 * A connection without a verified certificate has no names here. The bridge decides if that is enough, because other
 * devices of the same listener use passwords.
 */
import { isIP, type Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../auth/certificate-rule.ts';

/** The names of each connection, read once: a session of many messages uses the same connection. */
const namesOfConnection = new WeakMap<Socket, ClientCertificate | null>();

/** The names in the verified certificate of this connection; undefined when it has none. */
export function clientCertificate(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const known = namesOfConnection.get(socket);
  if (known !== undefined) return known ?? undefined;
  const names = readNames(socket);
  namesOfConnection.set(socket, names ?? null);
  return names;
}

function readNames(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  const { subject, subjectaltname = '' } = certificate;
  if (subject === undefined) return undefined;
  const commonName: string | readonly string[] | undefined = subject.CN;
  const names = parseAltNames(subjectaltname);
  const sanUri = names.filter(({ type }) => type === 'URI');
  const sanDns = names.filter(({ type, value }) => type === 'DNS' && isIP(value) === 0);
  return {
    subjectCN: commonName === undefined ? [] : [commonName].flat(),
    sanUri: sanUri.map(({ value }) => value),
    sanDns: sanDns.map(({ value }) => value),
  };
}

/**
 * Reads `DNS:a, URI:b, …`, the form in which Node gives the subjectAltName.
 *
 * Node writes a value that holds a comma or a quote as a JSON string, so one value cannot imitate two.
 */
export function parseAltNames(text: string): readonly { readonly type: string; readonly value: string }[] {
  const entries = text.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g);
  return [...entries].map(([, type = '', value = '']) => ({
    type,
    value: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }));
}
