import { describe, expect, test } from 'vitest';
import type { SizeLimits } from '../../src/dm1/session-model.ts';
import { combineLimits } from '../../src/dm1/size-limits.ts';

/** The limits after the device has said these, one after the other. */
function limitsAfter(caps: SizeLimits, ...said: readonly SizeLimits[]): SizeLimits {
  let known = combineLimits({ caps }, {});
  for (const each of said) known = combineLimits({ ...known, caps }, each);
  return known;
}

describe('limits of the device (DM-1.3 §8)', () => {
  test.each([
    ['the size that it says, while no cap is known', {}, [{ maxMsgSize: 5000 }], 5000],
    ['the last size that it said', {}, [{ maxMsgSize: 5000 }, { maxMsgSize: 6000 }], 6000],
    ['the size that it said before, when it says nothing', {}, [{ maxMsgSize: 5000 }, {}], 5000],
    ['never 0', {}, [{ maxMsgSize: 5000 }, { maxMsgSize: 0 }], 5000],
    ['the cap, when it says nothing', { maxMsgSize: 2000 }, [{}], 2000],
    ['the cap, when it says more', { maxMsgSize: 2000 }, [{ maxMsgSize: 5000 }], 2000],
    ['the size that it says, when that is less than the cap', { maxMsgSize: 2000 }, [{ maxMsgSize: 1000 }], 1000],
    [
      'the smaller size that it said before, when it says nothing',
      { maxMsgSize: 2000 },
      [{ maxMsgSize: 1000 }, {}],
      1000,
    ],
  ])('are %s', (_, caps, said, expected) => {
    expect(limitsAfter(caps, ...said)).toEqual({ maxMsgSize: expected, maxObjSize: undefined });
  });

  test('stay within a cap that becomes known after them', () => {
    const said = limitsAfter({}, { maxMsgSize: 9000, maxObjSize: 90 });
    expect(combineLimits({ ...said, caps: { maxMsgSize: 800, maxObjSize: 50 } }, {})).toEqual({
      maxMsgSize: 800,
      maxObjSize: 50,
    });
  });
});
