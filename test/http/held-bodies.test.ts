/** The bytes of unauthenticated requests: bounds over all and for each address; the newest request gives way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldBodies, type HeldBody } from '../../src/http/held-bodies.ts';

const OPTIONS = { maxBytes: 100, maxBytesPerAddress: 40 };

/** Opens requests by name; those that gave way are in `gone`. */
function scene(options = OPTIONS) {
  const bodies = new HeldBodies(options);
  const gone: string[] = [];
  const open = (name: string, address: string | undefined): HeldBody => {
    const body: HeldBody = bodies.open(address, () => {
      gone.push(name);
      body.release();
    });
    return body;
  };
  return { bodies, gone, open };
}

describe('bounds', () => {
  test('the newest of all requests gives way, whichever receives the byte too many', () => {
    const { bodies, gone, open } = scene();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => open(name, name));
    a?.add(40);
    b?.add(40);
    c?.add(20);
    expect([bodies.bytes, gone]).toEqual([100, []]);
    b?.add(0);
    expect(gone).toEqual([]);
    const d = open('d', 'd');
    d.add(1);
    expect([bodies.bytes, gone]).toEqual([100, ['d']]);
    c?.add(1);
    expect([bodies.bytes, gone]).toEqual([80, ['d', 'c']]);
  });

  test('the newest request of an address gives way, not the newest of all', () => {
    const { gone, open } = scene();
    const first = open('first', 'x');
    open('second', 'x').add(20);
    open('other', 'y').add(20);
    first.add(21);
    expect(gone).toEqual(['second']);
    first.add(19);
    expect(gone).toEqual(['second']);
    first.add(1);
    expect(gone).toEqual(['second', 'first']);
  });

  test('an address that many clients share has no bound of its own', () => {
    const { bodies, gone, open } = scene();
    open('a', undefined).add(50);
    open('b', undefined).add(50);
    expect([bodies.bytes, gone]).toEqual([100, []]);
    open('c', undefined).add(1);
    expect(gone).toEqual(['c']);
  });

  test('a whole request still counts and gives way to none', () => {
    const { bodies, gone, open } = scene();
    const older = open('older', 'a');
    const whole = open('whole', 'b');
    older.add(40);
    whole.add(40);
    whole.complete();
    open('newest', 'c').add(21);
    expect(gone).toEqual(['newest']);
    older.add(21);
    expect(gone).toEqual(['newest', 'older']);
    expect(bodies.bytes).toBe(40);
    whole.release();
    whole.release();
    expect(bodies.bytes).toBe(0);
  });
});

test('whatever requests do, the bounds hold while any may give way, and nothing is left at the end', () => {
  const action = fc.record({
    kind: fc.constantFrom('open', 'add', 'complete', 'release'),
    at: fc.nat(20),
    address: fc.constantFrom('a', 'b', undefined),
    bytes: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const bodies = new HeldBodies(OPTIONS);
      const open: { body: HeldBody; isOver: boolean; isWhole: boolean }[] = [];
      for (const { kind, at, address, bytes } of actions) {
        const entry = open[at % Math.max(1, open.length)];
        if (kind === 'open' || entry === undefined) {
          const next = { body: bodies.open(address, () => {}), isOver: false, isWhole: false };
          next.body.release();
          const body: HeldBody = bodies.open(address, () => {
            next.isOver = true;
            body.release();
          });
          next.body = body;
          open.push(next);
        } else if (kind === 'add' && !entry.isWhole && !entry.isOver) {
          entry.body.add(bytes);
          const mayGiveWay = open.some(({ isOver, isWhole }) => !isOver && !isWhole);
          if (mayGiveWay) expect(bodies.bytes).toBeLessThanOrEqual(OPTIONS.maxBytes);
        } else if (kind === 'complete') {
          entry.body.complete();
          entry.isWhole = true;
        } else if (kind === 'release') {
          entry.body.release();
          entry.isOver = true;
        }
      }
      for (const { body } of open) body.release();
      expect(bodies.bytes).toBe(0);
    }),
  );
});
