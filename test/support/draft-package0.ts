/** Writes a Package#0 of the early draft. */
import type { DraftPackage0 } from '../../src/notification/draft-package0.ts';
import { UI_MODES } from '../../src/notification/notification-message.ts';

/** Writes what `parseDraftPackage0` reads. */
export function formatDraftPackage0(message: DraftPackage0): Uint8Array {
  const { uiMode, isByServer, sendsDevDetail, sendsMos, sendsInstances, url } = message;
  const flags = [isByServer, sendsDevDetail, sendsMos, sendsInstances].reduce((bits, bit) => bits * 2 + Number(bit), 0);
  const text = Buffer.from(url);
  const head = Buffer.alloc(5);
  head.writeUInt16BE((20 << 6) | (UI_MODES[uiMode] << 4) | flags);
  head.writeUInt8(text.length, 4);
  return Buffer.concat([head, text]);
}
