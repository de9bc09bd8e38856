/**
 * The worker thread of `large-documents.ts`: reads one document after the other, and sends what it has read in parts, so that
 * no part keeps the receiver long.
 */
import { parentPort } from 'node:worker_threads';
import { package2Readings } from '../dm2/codec.ts';
import { moDataReadings } from '../dm2/mo-data.ts';
import type { Content, MoDataMember, WireCommand } from '../dm2/package.ts';
import type { DmErrorCode } from '../errors.ts';
import type { Page, UnfitPage } from '../interaction/page.ts';
import { type PageSource, readContent } from '../interaction/page-content.ts';
import { tndsReadings } from '../tree/writing/tnds-content.ts';
import type { Element } from '../wbxml/element.ts';

export type DocumentKind = 'package2' | 'moData' | 'tnds';

export type ReadRequest = {
  /** Every part of the reading carries it. */
  readonly id: number;
  readonly content: Content;
} & ({ readonly kind: DocumentKind } | { readonly kind: 'page'; readonly source: PageSource });

/** A part of a reading; the last one ends it. */
export type ReadingPart = { readonly id: number } & (
  | { readonly kind: 'package2'; readonly commands: readonly WireCommand[]; readonly isLast: boolean }
  | { readonly kind: 'moData'; readonly members: readonly MoDataMember[]; readonly isLast: boolean }
  | { readonly kind: 'tnds'; readonly root: Element }
  | { readonly kind: 'page'; readonly page: Page | UnfitPage }
  | {
      readonly kind: 'unreadable';
      readonly of: DocumentKind;
      readonly code: DmErrorCode;
      readonly message: string;
    }
);

/** Characters of a part, roughly, above which it gets no further item. */
const PART_LENGTH = 131_072;
/** The length of a value beside the characters of its texts. */
const VALUE_LENGTH = 16;

parentPort?.on('message', (request: ReadRequest) => {
  for (const part of readInParts(request)) parentPort?.postMessage(part);
});

function* readInParts(request: ReadRequest): Iterable<ReadingPart> {
  const { id, content } = request;
  switch (request.kind) {
    case 'page':
      return yield { id, kind: 'page', page: readContent(content, request.source) };
    case 'package2': {
      const reading = package2Readings.attempt(content);
      if (!reading.ok)
        return yield { id, kind: 'unreadable', of: request.kind, code: reading.code, message: reading.message };
      for (const commands of inBatches(reading.value.CMD)) yield { id, kind: request.kind, commands, isLast: false };
      return yield { id, kind: request.kind, commands: [], isLast: true };
    }
    case 'moData': {
      const reading = moDataReadings.attempt(content);
      if (!reading.ok)
        return yield { id, kind: 'unreadable', of: request.kind, code: reading.code, message: reading.message };
      for (const members of inBatches(reading.value)) yield { id, kind: request.kind, members, isLast: false };
      return yield { id, kind: request.kind, members: [], isLast: true };
    }
    case 'tnds': {
      const reading = tndsReadings.attempt(content);
      if (!reading.ok)
        return yield { id, kind: 'unreadable', of: request.kind, code: reading.code, message: reading.message };
      return yield { id, kind: request.kind, root: reading.value };
    }
  }
}

function* inBatches<T>(items: readonly T[]): Iterable<readonly T[]> {
  let batch: T[] = [];
  let length = 0;
  for (const item of items) {
    batch.push(item);
    length += lengthOf(item);
    if (length < PART_LENGTH) continue;
    yield batch;
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return VALUE_LENGTH + value.length;
  if (typeof value !== 'object' || value === null) return VALUE_LENGTH;
  let length = VALUE_LENGTH;
  for (const inner of Object.values(value)) length += lengthOf(inner);
  return length;
}
