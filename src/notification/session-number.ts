/** The SessionID of a notification: a number that the device's session will have as hexadecimal digits. */

const MAX_SESSION_ID = 0xffff;

/** The SessionID as a device writes it in SyncHdr: upper case, without leading zeros (DM-NOTI 1.3 §6.4.8). */
export function formatSessionId(sessionId: number): string {
  return sessionId.toString(16).toUpperCase();
}

/** Reads the SessionID of a message, in any case and with leading zeros; undefined when no notification has such a one. */
export function parseSessionId(text: string): number | undefined {
  if (!/^[0-9A-Fa-f]{1,8}$/.test(text.trim())) return undefined;
  const number = Number.parseInt(text, 16);
  return number >= 1 && number <= MAX_SESSION_ID ? number : undefined;
}

/** The number with its two bytes in the other order. */
export function swappedBytes(sessionId: number): number {
  return ((sessionId & 0xff) << 8) | (sessionId >> 8);
}

/** Makes a SessionID of two random bytes: from 1 to FFFF, and none of `taken`, which leaves at least one free. */
export function chooseSessionId(random: Uint8Array, taken: ReadonlySet<number>): number {
  const start = ((random[0] ?? 0) << 8) | (random[1] ?? 0);
  for (let step = 0; step <= MAX_SESSION_ID; step += 1) {
    const candidate = (start + step) & MAX_SESSION_ID;
    if (candidate !== 0 && !taken.has(candidate)) return candidate;
  }
  throw new TypeError('every SessionID is taken');
}
