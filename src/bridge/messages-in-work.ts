/** The messages of devices that wait for their turn or are being handled in it, by device and bytes. */
import { type DevId, deviceKey } from '../device/dev-id.ts';

export class MessagesInWork {
  /** The number of copies of each message; as many entries as there are requests under way. */
  readonly #counts = new Map<string, number>();

  /** True when the same bytes of the device are in work. */
  has(devId: DevId, requestHash: string): boolean {
    return this.#counts.has(keyOf(devId, requestHash));
  }

  /** Counts the message as in work until `work` has ended. */
  async during<T>(devId: DevId, requestHash: string, work: () => Promise<T>): Promise<T> {
    const key = keyOf(devId, requestHash);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left === 0) this.#counts.delete(key);
      else this.#counts.set(key, left);
    }
  }
}

function keyOf(devId: DevId, requestHash: string): string {
  return `${requestHash} ${deviceKey(devId)}`;
}
