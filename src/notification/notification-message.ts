/** The parts that the notifications of DM 1.2 and of DM 1.3 to a device share. */

/** The recommendation for user interaction, by its value on the wire: the same in both formats. */
export const UI_MODES = { unspecified: 0, background: 1, informative: 2, interaction: 3 } as const;
export type UiMode = keyof typeof UI_MODES;

/** The content types of both formats: the MIME type, and the WSP short integer with its high bit (OMNA WSP Content Type Numbers). */
export const NOTIFICATION_TYPES = {
  '1.2': { mime: 'application/vnd.syncml.notification', wsp: 0xc4 },
  '1.3': { mime: 'application/vnd.syncml.dm.notification', wsp: 0xd8 },
} as const;
export type NotificationFormat = keyof typeof NOTIFICATION_TYPES;

/** The bit that says who asks for the session: the user, or the server. */
export function initiatorBit(isByUser = false): number {
  return isByUser ? 0 : 1;
}
