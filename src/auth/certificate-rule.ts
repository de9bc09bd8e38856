/**
 * The operator's rule that leads from a client certificate to its device, `south.auth.certificate`.
 *
 * `from` says which names of the certificate count, `pattern` how a name leads to the DevID. A pattern with `{devId}` is the
 * name with a placeholder for the DevID (`urn:{devId}`, `{devId}.devices.example.com`). Any other is a regular expression
 * for the whole name, whose group `devId`, else first group, else whole match is the DevID. Case never matters.
 */

/** The names in a client certificate that was verified. */
export interface ClientCertificate {
  readonly subjectCN: readonly string[];
  readonly sanUri: readonly string[];
  readonly sanDns: readonly string[];
}

export interface CertificateRule {
  readonly from: keyof ClientCertificate;
  /** Text with `{devId}`, or a regular expression for the whole name. */
  readonly pattern: string;
}

/** The common name is the DevID. */
export const DEFAULT_CERTIFICATE_RULE: CertificateRule = { from: 'subjectCN', pattern: '{devId}' };

const PLACEHOLDER = '{devId}';

/** The DevIDs that a certificate names; none when no name fits the pattern. */
export function certifiedDevIds(certificate: ClientCertificate, { from, pattern }: CertificateRule): readonly string[] {
  const expression = toExpression(pattern);
  return certificate[from].flatMap((name) => {
    const match = expression.exec(name.trim());
    return match === null ? [] : [match.groups?.devId ?? match[1] ?? match[0]];
  });
}

function toExpression(pattern: string): RegExp {
  const at = pattern.indexOf(PLACEHOLDER);
  if (at < 0) return new RegExp(`^(?:${pattern})$`, 'iu');
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + PLACEHOLDER.length)];
  return new RegExp(`^${escapeExpression(before)}(.+)${escapeExpression(after)}$`, 'iu');
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
