/**
 * The alert codes of DM: the values of Data in an Alert.
 *
 * A message carries the code as text, and so does `AlertCommand.data`. `alertData` makes that text.
 *
 * @see DM-1.3 §6.7 (Generic Alert), §6.8 (DM Tree Change Alert), §10.2 (user interaction); DMREPPRO for the others
 */

export const ALERT = {
  display: 1100,
  confirmOrReject: 1101,
  textInput: 1102,
  singleChoice: 1103,
  multipleChoice: 1104,
  serverInitiatedManagement: 1200,
  clientInitiatedManagement: 1201,
  nextMessage: 1222,
  sessionAbort: 1223,
  clientEvent: 1224,
  noEndOfData: 1225,
  genericAlert: 1226,
  treeUnchanged: 1227,
  treeChanged: 1228,
  requestedMo: 1229,
  sessionlessReport: 1230,
  /** The codes of data synchronization that some devices send instead of 1222 and 1225. */
  dataSyncNextMessage: 222,
  dataSyncNoEndOfData: 223,
} as const;

/** One of the alert codes of DM. */
export type AlertCode = (typeof ALERT)[keyof typeof ALERT];

/** Returns the Data of an Alert with that code. */
export function alertData(code: AlertCode): string {
  return String(code);
}
