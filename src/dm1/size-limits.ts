/**
 * The sizes that a device can receive: what it says itself, within the limits of its profile.
 *
 * @see DM-1.3 §8 (MaxMsgSize, MaxObjSize)
 */
import type { SizeLimits } from './session-model.ts';

/**
 * The limits after the device has said `said`, which may be nothing. A size is valid until the device says another one
 * (DM-1.3 §8), but never above its cap. 0 is not a limit, because no message could keep it.
 */
export function combineLimits(
  known: SizeLimits & { readonly caps?: SizeLimits | undefined },
  said: SizeLimits,
): SizeLimits {
  return {
    maxMsgSize: lower(said.maxMsgSize || known.maxMsgSize, known.caps?.maxMsgSize),
    maxObjSize: lower(said.maxObjSize || known.maxObjSize, known.caps?.maxObjSize),
  };
}

/**
 * So many Statuses a message of ours has at most. A device that names no MaxMsgSize can send very many commands; those of one
 * message take not much longer than a message of 1 MB.
 */
export const MAX_STATUSES = 5_000;

/** So many parts are tried at once. */
export const FEW_PARTS = 64;

/**
 * Returns the largest number of parts that fit into a message: at most `most`, and all of them when no limit is known. One more
 * part never makes a message shorter. The work grows with the parts that fit, not with `most`.
 * @param limit bytes
 * @param measure returns the bytes of a message with the first `count` parts
 */
export function mostThatFit(most: number, limit: number | undefined, measure: (count: number) => number): number {
  if (limit === undefined) return most;
  let fitting = 0;
  let tooMany = most + 1;
  let count = Math.min(most, FEW_PARTS);
  for (let tries = 1; ; tries += 1) {
    const size = measure(count);
    if (size <= limit) fitting = count;
    else tooMany = count;
    if (tooMany - fitting <= 1 || fitting === most) return fitting;
    // Most parts have about the same size. Where that is wrong, every second try halves the rest.
    const guess = Math.floor((count * limit) / size);
    const middle = Math.floor((fitting + Math.min(tooMany, fitting * 2 + FEW_PARTS)) / 2);
    count = Math.max(fitting + 1, Math.min(tooMany - 1, tries % 2 === 1 ? guess : middle));
  }
}

function lower(said: number | undefined, cap: number | undefined): number | undefined {
  const limit = Math.min(said || Number.POSITIVE_INFINITY, cap || Number.POSITIVE_INFINITY);
  return limit === Number.POSITIVE_INFINITY ? undefined : limit;
}
