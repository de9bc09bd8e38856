/**
 * How much a device can take: what it says itself, within what is known of its make.
 *
 * @see DM-1.3 §8 (MaxMsgSize, MaxObjSize)
 */
import type { Dm1Session, SizeLimits } from './session-model.ts';

/** What the device says holds until it names others (DM-1.3 §8); 0 is none, for no message would fit it. */
export function takeLimits(session: Dm1Session, said: SizeLimits): Dm1Session {
  const { caps = {} } = session;
  const maxMsgSize = lower(said.maxMsgSize, caps.maxMsgSize);
  const maxObjSize = lower(said.maxObjSize, caps.maxObjSize);
  return {
    ...session,
    ...(maxMsgSize === undefined ? {} : { maxMsgSize }),
    ...(maxObjSize === undefined ? {} : { maxObjSize }),
  };
}

/** The same session, whose device is never sent more than `caps`, whatever it says. */
export function withCaps(session: Dm1Session, caps: SizeLimits): Dm1Session {
  const { maxMsgSize, maxObjSize } = session;
  const said = {
    ...(maxMsgSize === undefined ? {} : { maxMsgSize }),
    ...(maxObjSize === undefined ? {} : { maxObjSize }),
  };
  return takeLimits({ ...session, caps }, said);
}

/** How many of `most` parts a message can hold, found by halving; a message never gets shorter by one more. */
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
  const limits = [said, cap].filter((limit) => limit !== undefined && limit > 0);
  return limits.length === 0 ? undefined : Math.min(...limits.map(Number));
}
