/**
 * Bounds the bytes that the bodies of unauthenticated requests hold in memory, over all of them and for each client address.
 *
 * Who begins many requests and ends none must not use up the memory. Beyond a bound, the newest request gives way, so that the
 * others can still end. Bytes count when they are held, not when they are announced.
 */

export interface HeldBodiesOptions {
  readonly maxBytes: number;
  readonly maxBytesPerAddress: number;
}

/** The bytes of one request. */
export interface HeldBody {
  /** Counts more bytes; that may make the newest request, which may be this one, give way. */
  add(bytes: number): void;
  /** The body is whole: its bytes still count, and it gives way to none. */
  complete(): void;
  /** The bytes are held no longer, or by an authenticated request. */
  release(): void;
}

/** One request while it is read. */
interface Holder {
  readonly address: AddressBodies | undefined;
  readonly giveWay: () => void;
  bytes: number;
  /** False once it is whole, gave way or was released. */
  mayGiveWay: boolean;
}

interface AddressBodies {
  bytes: number;
  /** The number of requests that are not released. */
  holders: number;
  readonly newest: NewestFirst;
}

export class HeldBodies {
  readonly #options: HeldBodiesOptions;
  readonly #addresses = new Map<string, AddressBodies>();
  readonly #newest = new NewestFirst();
  #bytes = 0;

  constructor(options: HeldBodiesOptions) {
    this.#options = options;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Begins a request.
   * @param address of the client; undefined when it does not count, because many clients share it
   * @param giveWay is called once when the request must give way; its bytes are released then
   */
  open(address: string | undefined, giveWay: () => void): HeldBody {
    const holder: Holder = { address: this.#enter(address), giveWay, bytes: 0, mayGiveWay: true };
    this.#newest.push(holder);
    holder.address?.newest.push(holder);
    let isOpen = true;
    const release = () => {
      if (!isOpen) return;
      isOpen = false;
      holder.mayGiveWay = false;
      this.#count(holder, -holder.bytes);
      this.#leave(address, holder.address);
    };
    return {
      add: (bytes) => {
        if (!isOpen) return;
        this.#count(holder, bytes);
        this.#makeRoom(holder.address);
      },
      complete: () => {
        holder.mayGiveWay = false;
      },
      release,
    };
  }

  #enter(address: string | undefined): AddressBodies | undefined {
    if (address === undefined) return undefined;
    const bodies = this.#addresses.get(address) ?? { bytes: 0, holders: 0, newest: new NewestFirst() };
    bodies.holders += 1;
    this.#addresses.set(address, bodies);
    return bodies;
  }

  #leave(address: string | undefined, bodies: AddressBodies | undefined): void {
    if (address === undefined || bodies === undefined) return;
    bodies.holders -= 1;
    if (bodies.holders === 0) this.#addresses.delete(address);
  }

  #count(holder: Holder, bytes: number): void {
    holder.bytes += bytes;
    this.#bytes += bytes;
    if (holder.address !== undefined) holder.address.bytes += bytes;
  }

  /** Each request that gives way releases its bytes. */
  #makeRoom(address: AddressBodies | undefined): void {
    const { maxBytes, maxBytesPerAddress } = this.#options;
    while (address !== undefined && address.bytes > maxBytesPerAddress && giveWay(address.newest));
    while (this.#bytes > maxBytes && giveWay(this.#newest));
  }
}

/** Makes the newest request give way; false when there is none that may. */
function giveWay(requests: NewestFirst): boolean {
  const newest = requests.newest();
  if (newest === undefined) return false;
  newest.mayGiveWay = false;
  newest.giveWay();
  return true;
}

/** Requests in the order of their beginning. Those that are over stay until they are the newest, or too many. */
class NewestFirst {
  #requests: Holder[] = [];
  #sizeAfterCleaning = 0;

  push(holder: Holder): void {
    if (this.#requests.length > 2 * this.#sizeAfterCleaning + 16) {
      this.#requests = this.#requests.filter(({ mayGiveWay }) => mayGiveWay);
      this.#sizeAfterCleaning = this.#requests.length;
    }
    this.#requests.push(holder);
  }

  newest(): Holder | undefined {
    while (this.#requests.at(-1)?.mayGiveWay === false) this.#requests.pop();
    return this.#requests.at(-1);
  }
}
