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

/** Returns the largest number of at most `most` parts that fit into a message; one more part never makes it shorter. */
export function mostThatFit(most: number, fits: (count: number) => boolean): number {
  if (fits(most)) return most;
  let fitting = 0;
  let tooMany = most;
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(middle)) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
}

function lower(said: number | undefined, cap: number | undefined): number | undefined {
  const limit = Math.min(said || Number.POSITIVE_INFINITY, cap || Number.POSITIVE_INFINITY);
  return limit === Number.POSITIVE_INFINITY ? undefined : limit;
}
