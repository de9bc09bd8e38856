/**
 * Reads long documents in a worker thread, so that the process goes on with its other work meanwhile.
 *
 * The reading is kept beside its content, where the pure core finds it. Without a reading, because the thread failed, the
 * core reads the content itself.
 */
import { Worker } from 'node:worker_threads';
import { package2Readings } from '../dm2/codec.ts';
import { moDataReadings } from '../dm2/mo-data.ts';
import type { Content, MoDataMember, WireCommand } from '../dm2/package.ts';
import { assertNever } from '../errors.ts';
import { keepPage, type PageSource } from '../interaction/page-content.ts';
import { tndsReadings } from '../tree/writing/tnds-content.ts';
import type { DocumentKind, ReadingPart, ReadRequest } from './large-documents-worker.ts';

/** Bytes above which a document counts as long. */
export const LARGE_BYTES = 1_048_576;
/** Bytes above which a page counts as long: reading HTML takes much longer. */
export const LARGE_PAGE_BYTES = 8_192;

/** A document that is being read, and the parts of it that have come. */
interface Pending {
  readonly content: Content;
  readonly commands: WireCommand[];
  readonly members: MoDataMember[];
  readonly done: () => void;
}

/** One thread, which is started for the first long document. */
export class LargeDocuments {
  #worker: Worker | undefined;
  #count = 0;
  readonly #pending = new Map<number, Pending>();

  /** Resolves when the reading of the content is kept, or when there will be none. */
  read(kind: DocumentKind, content: Content): Promise<void> {
    this.#count += 1;
    return this.#send({ id: this.#count, kind, content });
  }

  /** As `read`, for a page that a user is shown. */
  readPage(content: Content, source: PageSource): Promise<void> {
    this.#count += 1;
    return this.#send({ id: this.#count, kind: 'page', content, source });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#giveUp(worker);
    await worker?.terminate();
  }

  #send(request: ReadRequest): Promise<void> {
    const worker = this.#worker ?? this.#start();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pending.set(request.id, { content: request.content, commands: [], members: [], done: resolve });
    worker.postMessage(request);
    return promise;
  }

  #start(): Worker {
    // The built package has no TypeScript.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./large-documents-worker.${extension}`, import.meta.url));
    worker.on('message', (part: ReadingPart) => this.#accept(part));
    worker.on('error', () => this.#giveUp(worker));
    worker.on('exit', () => this.#giveUp(worker));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #accept(part: ReadingPart): void {
    const pending = this.#pending.get(part.id);
    if (pending === undefined || !addPart(pending, part)) return;
    this.#pending.delete(part.id);
    pending.done();
  }

  /** The next long document gets a new thread. */
  #giveUp(worker: Worker | undefined): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { done } of this.#pending.values()) done();
    this.#pending.clear();
  }
}

/** Keeps the reading when this part completes it; then true. */
function addPart({ content, commands, members }: Pending, part: ReadingPart): boolean {
  switch (part.kind) {
    case 'package2':
      for (const command of part.commands) commands.push(command);
      if (part.isLast) package2Readings.keep(content, { ok: true, value: { CMD: commands } });
      return part.isLast;
    case 'moData':
      for (const member of part.members) members.push(member);
      if (part.isLast) moDataReadings.keep(content, { ok: true, value: members });
      return part.isLast;
    case 'tnds':
      tndsReadings.keep(content, { ok: true, value: part.root });
      return true;
    case 'page':
      keepPage(content, part.page);
      return true;
    case 'unreadable': {
      const { code, message } = part;
      READINGS[part.of].keep(content, { ok: false, code, message });
      return true;
    }
    default:
      return assertNever(part);
  }
}

const READINGS = { package2: package2Readings, moData: moDataReadings, tnds: tndsReadings };
