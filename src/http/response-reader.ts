/**
 * One HTTP request by `dispatch` of undici, the call below its `request`, with a reader of the response that has no stream.
 *
 * The reader bounds the body, lets informational responses pass, and ends with the time of its caller. It does not know what
 * the bodies mean.
 */
import type { Dispatcher } from 'undici';
import { GrowingBytes } from './growing-bytes.ts';

/** A body that is not read: at most so much of it is let through, so that its connection can be used again. */
const MAX_SKIPPED_BYTES = 16_384;
const MAX_SKIP_MS = 1_000;

/** Lower ones are informational: another response follows (RFC 9110 §15.2). */
const FIRST_FINAL_STATUS = 200;

/** The most bytes of a body that are read; `skip` does not wait for the body. */
export type BodyLimit = number | 'skip';

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers are joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came; empty when it is skipped. The error is that of a connection that broke off before the body was whole. */
  readonly body: Uint8Array | 'tooLong' | Error;
}

/** Decides how much of a body is read. */
export type LimitBody = (status: number, headers: HttpResponse['headers']) => BodyLimit;

/** Lets a caller give up the request that is under way, whichever of several that is. */
export class Cancellation {
  #isCancelled = false;
  #stop: (() => void) | undefined;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  readonly cancel = (): void => {
    this.#isCancelled = true;
    this.#stop?.();
  };

  /** Begins a request, which `stop` ends. */
  begin(stop: () => void): void {
    this.#stop = stop;
    if (this.#isCancelled) stop();
  }
}

/**
 * Sends a request. The response counts as soon as its body is whole, over its limit, broken off or skipped.
 * @throws the error of a request without a response: of the connection, of its cancellation, or because HTTP forbids it
 */
export function sendRequest(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  limitBody: LimitBody,
  cancellation: Cancellation,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const reader = new ResponseReader(limitBody, resolve, reject);
    cancellation.begin(reader.giveUp);
    dispatcher.dispatch(options, reader);
  });
}

/** Also ends the connection, whose further bytes no one reads. */
const NOT_READ = new Error('the rest of the response is not read');

class ResponseReader implements Dispatcher.DispatchHandler {
  readonly #limitBody: LimitBody;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #body = new GrowingBytes();
  #controller: Dispatcher.DispatchController | undefined;
  /** Undefined before the response begins. */
  #head: Pick<HttpResponse, 'status' | 'headers'> | undefined;
  #limit = 0;
  #isOver = false;
  /** Set while a body is skipped. */
  #skipTimer: NodeJS.Timeout | undefined;

  constructor(limitBody: LimitBody, resolve: (response: HttpResponse) => void, reject: (error: Error) => void) {
    this.#limitBody = limitBody;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Ends the request for its caller, and its connection. A body that is skipped has its own bounds. */
  readonly giveUp = (): void => {
    if (this.#isOver) return;
    this.#fail(NOT_READ);
    this.#controller?.abort(NOT_READ);
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(NOT_READ);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < FIRST_FINAL_STATUS) return;
    this.#head = { status, headers: joinValues(headers) };
    const limit = this.#limitBody(status, this.#head.headers);
    if (limit === 'skip') {
      this.#end(new Uint8Array());
      this.#skipTimer = setTimeout(() => controller.abort(NOT_READ), MAX_SKIP_MS);
    }
    this.#limit = limit === 'skip' ? MAX_SKIPPED_BYTES : limit;
    if (Number(this.#head.headers['content-length'] ?? 0) > this.#limit) this.#refuseBody(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#limit -= chunk.length;
    if (this.#limit < 0) this.#refuseBody(controller);
    else if (!this.#isOver) this.#body.append(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#skipTimer);
    this.#end(this.#body.take());
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    clearTimeout(this.#skipTimer);
    this.#fail(error);
  }

  #refuseBody(controller: Dispatcher.DispatchController): void {
    this.#end('tooLong');
    controller.abort(NOT_READ);
  }

  #fail(error: Error): void {
    if (this.#head === undefined) this.#reject(error);
    else this.#end(error);
    this.#isOver = true;
  }

  /** Only the first end counts. */
  #end(body: HttpResponse['body']): void {
    if (this.#isOver || this.#head === undefined) return;
    this.#isOver = true;
    const { status, headers } = this.#head;
    this.#resolve({ status, headers, body });
  }
}

type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

function joinValues(headers: ResponseHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    // A cookie may have commas, so that cookies are joined by line ends.
    const separator = name === 'set-cookie' ? '\n' : ', ';
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(separator) : value;
  }
  return joined;
}
