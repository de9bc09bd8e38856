import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/dm1/session.ts';
import { takeLimits, withCaps } from '../../src/dm1/size-limits.ts';

const session = openSession({
  version: '1.2',
  sessionId: '1',
  device: 'd',
  deviceUri: 'd',
  serverUri: 's',
  respUri: 'r',
  nextMsgId: 1,
  ordering: 'plain',
});

describe('limits of the device (DM-1.3 §8)', () => {
  it.each([
    ['what it says, while nothing else is known', {}, [{ maxMsgSize: 5000 }], 5000],
    ['its last word', {}, [{ maxMsgSize: 5000 }, { maxMsgSize: 6000 }], 6000],
    ['what it said before, when it says nothing', {}, [{ maxMsgSize: 5000 }, {}], 5000],
    ['never 0', {}, [{ maxMsgSize: 5000 }, { maxMsgSize: 0 }], 5000],
    ['the cap, when it says nothing', { maxMsgSize: 2000 }, [{}], 2000],
    ['the cap, when it says more', { maxMsgSize: 2000 }, [{ maxMsgSize: 5000 }], 2000],
    ['what it says, when that is less than the cap', { maxMsgSize: 2000 }, [{ maxMsgSize: 1000 }], 1000],
  ])('are %s', (_, caps, said, expected) => {
    const after = said.reduce(takeLimits, withCaps(session, caps));
    expect(after.maxMsgSize).toBe(expected);
    expect(after.maxObjSize).toBeUndefined();
  });

  it('hold for what was said before the cap was known, and for objects alike', () => {
    const capped = withCaps(takeLimits(session, { maxMsgSize: 9000, maxObjSize: 90 }), {
      maxMsgSize: 800,
      maxObjSize: 50,
    });
    expect(capped).toMatchObject({ maxMsgSize: 800, maxObjSize: 50 });
  });
});
