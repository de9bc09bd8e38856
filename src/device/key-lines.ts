/**
 * The lines on which keys were first seen. A million keys take some 40 MB: the keys are bytes in one array, and an open hash
 * table holds the number of each. A Map of texts would take three times as much.
 */

const FIRST_SLOTS = 1024;
const FIRST_BYTES = 16 * 1024;
const GROWTH = 1.25;

export class KeyLines {
  /** Slot → number of the key, counted from 1; 0 for an empty slot. The number of slots is a power of two. */
  #slots = new Uint32Array(FIRST_SLOTS);
  /** Number of the key → the end of its bytes, and its line. */
  #ends = new Uint32Array(FIRST_SLOTS / 2 + 1);
  #lines = new Uint32Array(FIRST_SLOTS / 2 + 1);
  #bytes = Buffer.alloc(FIRST_BYTES);
  #count = 0;

  /** Notes the line of a key that is new, and returns undefined; returns the line of a key that is known. */
  add(key: string, line: number): number | undefined {
    const bytes = Buffer.from(key, 'utf8');
    let slot = this.#slotOf(bytes);
    const known = this.#slots[slot];
    if (known !== undefined && known !== 0) return this.#lines[known];
    if ((this.#count + 1) * 2 > this.#slots.length) {
      this.#grow();
      slot = this.#slotOf(bytes);
    }
    const start = this.#ends[this.#count] ?? 0;
    const end = start + bytes.length;
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], Math.ceil(end * GROWTH));
    this.#bytes.set(bytes, start);
    this.#count += 1;
    this.#ends[this.#count] = end;
    this.#lines[this.#count] = line;
    this.#slots[slot] = this.#count;
    return undefined;
  }

  /** The slot of the key, or the empty one that it would take. */
  #slotOf(bytes: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(bytes) & mask; ; slot = (slot + 1) & mask) {
      const known = this.#slots[slot] ?? 0;
      if (known === 0 || this.#keyOf(known).equals(bytes)) return slot;
    }
  }

  #keyOf(number: number): Buffer {
    return this.#bytes.subarray(this.#ends[number - 1] ?? 0, this.#ends[number]);
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    // No slots are needed until the keys are entered anew.
    this.#slots = new Uint32Array(0);
    this.#ends = grown(this.#ends, length / 2 + 1);
    this.#lines = grown(this.#lines, length / 2 + 1);
    this.#slots = new Uint32Array(length);
    for (let number = 1; number <= this.#count; number += 1) {
      this.#slots[this.#slotOf(this.#keyOf(number))] = number;
    }
  }
}

function grown(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(length);
  next.set(array);
  return next;
}

/** FNV-1a, with the bits of the upper half mixed into the lower one. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
