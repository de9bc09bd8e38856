/**
 * What the reader of messages takes although it should not have been sent, in one place.
 *
 * Each is reported by name, so that it can be logged once per device and shown in a trace. None changes what the
 * message says.
 */

export const TOLERANCES = {
  doctype: 'a DOCTYPE that names a DTD',
  charset: 'a charset that is not UTF-8',
  publicId: 'a WBXML document that does not say it is SyncML, as its media type does',
  rootNamespace: 'the root element without the namespace SYNCML:SYNCML1.1 or SYNCML:SYNCML1.2',
  metInfNamespace: 'a child of Meta outside the namespace syncml:metinf',
  metInfWrapper: 'children of Meta wrapped in MetInf',
  bareLocation: 'Target or Source without LocURI around the URI',
  badNumber: 'a number that is none, read as absent',
  cmdIdMissing: 'a command without CmdID',
  cmdRefMissing: 'Status or Results without CmdRef',
  msgRefMissing: 'Status without MsgRef, read as 1',
  textBesideElements: 'text beside the elements in Data, dropped',
  unusedElement: 'an element that DM does not use, ignored',
} as const;

/** The name of one tolerance. */
export type Tolerance = keyof typeof TOLERANCES;
