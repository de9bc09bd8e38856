/**
 * The XML namespaces of SyncML documents, which are code pages in WBXML.
 *
 * @see DMREPPRO "XML usage"
 */

/** The namespace of the children of Meta. */
export const METINF_NAMESPACE = 'syncml:metinf';

/** The namespace of DDF and TNDS documents. */
export const DDF_NAMESPACE = 'syncml:dmddf1.2';

/** The namespace of a message with that VerDTD. DM 1.2 and 1.3 share one; any VerDTD but 1.1 is written as 1.2. */
export function syncmlNamespace(verDtd: string): string {
  return verDtd === '1.1' ? 'SYNCML:SYNCML1.1' : 'SYNCML:SYNCML1.2';
}

/** True for the namespace of SyncML in any version, in letters of any case. */
export function isSyncmlNamespace(namespace: string): boolean {
  return /^syncml:syncml\d\.\d$/i.test(namespace);
}
