/** The form in which DevIDs are compared: without white space around them and without case. */
export function deviceKey(devId: string): string {
  return devId.trim().toLowerCase();
}
