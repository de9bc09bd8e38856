/**
 * The names in the client certificate of a connection, once it was verified against `south.tls.clientCa`.
 *
 * A connection without certificate, or with one that was not verified, has none: that is for the bridge to judge, since other
 * devices of the same listener use passwords.
 */
import { isIP, type Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../auth/certificate-identity.ts';

/** Read once for each connection: a session of many messages shares it. */
const known = new WeakMap<Socket, ClientCertificate | null>();

/** The verified certificate of this connection; undefined: there is none. */
export function clientCertificate(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const found = known.get(socket);
  if (found !== undefined) return found ?? undefined;
  const names = readNames(socket);
  known.set(socket, names ?? null);
  return names;
}

function readNames(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  const { subject, subjectaltname = '' } = certificate;
  if (subject === undefined) return undefined;
  const commonName: string | readonly string[] | undefined = subject.CN;
  const names = parseAltNames(subjectaltname);
  return {
    subjectCN: commonName === undefined ? [] : [commonName].flat(),
    sanUri: names.flatMap(({ type, value }) => (type === 'URI' ? [value] : [])),
    sanDns: names.flatMap(({ type, value }) => (type === 'DNS' && isIP(value) === 0 ? [value] : [])),
  };
}

/** `DNS:a, URI:b, …`; Node writes a value that holds a comma or a quote as a JSON string, so none can pass for two. */
export function parseAltNames(text: string): readonly { readonly type: string; readonly value: string }[] {
  const entries = text.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g);
  return [...entries].map(([, type = '', value = '']) => ({
    type,
    value: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }));
}
