/**
 * The deviations from the specification that the reader of messages accepts. None changes the meaning of the message.
 *
 * Each deviation is reported by its name, so that the bridge can log it once per device. The bridge stores these names
 * with the device.
 */
export type Tolerance =
  /** A DOCTYPE that names a DTD. */
  | 'doctype'
  /** A NUL at the end of a value. It is dropped. */
  | 'trailing NUL'
  /** A charset other than UTF-8. */
  | 'charset'
  /** A WBXML document whose public identifier is not that of SyncML. Its media type says that it is SyncML. */
  | 'publicId'
  /** A root element outside the namespaces SYNCML:SYNCML1.1 and SYNCML:SYNCML1.2. */
  | 'rootNamespace'
  /** A child of Meta outside the namespace syncml:metinf. */
  | 'metInfNamespace'
  /** Children of Meta inside a MetInf element. */
  | 'metInfWrapper'
  /** Target or Source whose URI is not inside LocURI. */
  | 'locUriMissing'
  /** Text that is not a number where a number belongs. The element is read as absent. */
  | 'badNumber'
  /** A command without CmdID. */
  | 'cmdIdMissing'
  /** Status or Results without CmdRef. */
  | 'cmdRefMissing'
  /** Status without MsgRef, which is read as 1. */
  | 'msgRefMissing'
  /** An element that DM does not use. It is ignored. */
  | 'unusedElement';
