/**
 * The XML namespaces of SyncML documents, which WBXML has as code pages.
 *
 * @see DMREPPRO "XML usage"; the namespace of the root follows VerDTD, DM 1.2 and 1.3 sharing one
 */

/** Of the children of Meta. */
export const METINF_NAMESPACE = 'syncml:metinf';

/** Of a SyncML message with that VerDTD; what is not 1.1 is written as 1.2. */
export function syncmlNamespace(verDtd: string): string {
  return verDtd === '1.1' ? 'SYNCML:SYNCML1.1' : 'SYNCML:SYNCML1.2';
}

/** Whether a namespace is that of SyncML in some version, however its letters are written. */
export function isSyncmlNamespace(namespace: string): boolean {
  return /^syncml:syncml\d\.\d$/i.test(namespace);
}
