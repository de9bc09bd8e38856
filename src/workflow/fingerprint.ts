/**
 * The fingerprint of a request, so that a replay notices another one. It is a 53-bit hash of the canonical form; for the calls of a
 * workflow to its session it is the short text of their parameters, because there are many of them.
 *
 * The hash is not cryptographic: it finds a changed program or mapping, not an attack. It does not depend on the order of an object's
 * members, and a member that is undefined counts as absent. Long texts and emitted trees count by their length, their
 * ends or their addresses only, because every request of a suspended workflow is hashed.
 */
import type { WorkflowEffect } from './effect.ts';
import type { WorkflowRequest } from './request.ts';

/** Characters of a text that are hashed at most: a half at each end. */
const MAX_HASHED_LENGTH = 1024;

/** Characters of a fingerprint that is not hashed at most. */
const MAX_PLAIN_LENGTH = 128;

export function fingerprintOf(request: WorkflowRequest): string {
  const plain = parametersOf(request);
  if (plain !== undefined && plain.length <= MAX_PLAIN_LENGTH) return plain;
  const hash = new CanonicalHash();
  hash.addText(request.kind);
  hash.add(request.kind === 'emit' ? identityOf(request.effect) : request);
  return hash.digest();
}

/** A short text that tells a long one from others. */
export function fingerprintOfText(text: string): string {
  const hash = new CanonicalHash();
  hash.addText(text);
  return hash.digest();
}

/** The parameters of a request as text, one in each line; undefined for requests of other kinds. A log entry has the kind beside it. */
function parametersOf(request: WorkflowRequest): string | undefined {
  switch (request.kind) {
    case 'facts':
    case 'discovered':
    case 'correlator':
    case 'serverUriValues':
    case 'claimInteraction':
    case 'defaults':
    case 'subscriptions':
      return request.kind;
    case 'knownInstances':
      return `${request.moid}\n${request.miids.join('\n')}`;
    case 'reportedLeaves':
    case 'changedLater':
      return request.locUri;
    case 'cacheEntry':
      return `${request.of}\n${JSON.stringify(request.policy)}\n${request.key}\n${request.parts.join('\n')}`;
    case 'miid':
      return `${request.moid}\n${request.root}`;
    case 'miids':
      return `${request.moid}\n${request.roots.length}\n${request.roots.join('\n')}`;
    case 'knownTrees':
      return `${request.locUris.length}\n${request.locUris.join('\n')}`;
    default:
      return undefined;
  }
}

/** The part of an effect that tells it from others; results that are in the log too determine the rest. */
function identityOf(effect: WorkflowEffect): unknown {
  switch (effect.type) {
    case 'trees':
      return [effect.type, ...effect.trees.map(({ locUri }) => locUri)];
    case 'discovered':
      return [effect.type, ...effect.discovered.roots.map(({ locUri }) => locUri)];
    case 'cacheEntry':
      return [effect.type, effect.entry.key, effect.entry.validator];
    default:
      return effect;
  }
}

type Members = Readonly<Record<string, unknown>>;

const LOW_FACTOR = 0x9e3779b1;
const HIGH_FACTOR = 0x5f356495;

/** Two multiplicative hashes of 32 bits over the same characters (the scheme of cyrb53). */
class CanonicalHash {
  #low = 0xdeadbeef | 0;
  #high = 0x41c6ce57 | 0;

  add(value: unknown): void {
    if (typeof value === 'string') this.addText(value);
    else if (Array.isArray(value)) this.#addList(value);
    else if (isObject(value)) this.#addMembers(value);
    else this.addText(`#${String(value)}`);
  }

  addText(text: string): void {
    this.#addNumber(text.length);
    if (text.length <= MAX_HASHED_LENGTH) {
      this.#addCharacters(text);
      return;
    }
    this.#addCharacters(text.slice(0, MAX_HASHED_LENGTH / 2));
    this.#addCharacters(text.slice(-MAX_HASHED_LENGTH / 2));
  }

  /** 53 bits in base 36. */
  digest(): string {
    let low = Math.imul(this.#low ^ (this.#low >>> 16), 0x85ebca6b);
    low ^= Math.imul(this.#high ^ (this.#high >>> 13), 0xc2b2ae35);
    let high = Math.imul(this.#high ^ (this.#high >>> 16), 0x85ebca6b);
    high ^= Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
    return (0x100000000 * (0x1fffff & high) + (low >>> 0)).toString(36);
  }

  #addList(values: readonly unknown[]): void {
    this.#addNumber(values.length);
    for (const value of values) this.add(value);
  }

  #addMembers(members: Members): void {
    const keys = sortedKeys(members);
    let present = 0;
    for (const key of keys) if (members[key] !== undefined) present += 1;
    this.#addNumber(-present);
    for (const key of keys) {
      const value = members[key];
      if (value === undefined) continue;
      this.addText(key);
      this.add(value);
    }
  }

  #addCharacters(text: string): void {
    let [low, high] = [this.#low, this.#high];
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charCodeAt(at);
      low = Math.imul(low ^ character, LOW_FACTOR);
      high = Math.imul(high ^ character, HIGH_FACTOR);
    }
    this.#low = low;
    this.#high = high;
  }

  #addNumber(number: number): void {
    this.#low = Math.imul(this.#low ^ number, LOW_FACTOR);
    this.#high = Math.imul(this.#high ^ number, HIGH_FACTOR);
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

/** Objects with more members are sorted by the function of the language, which takes more memory than a few keys do. */
const FEW_KEYS = 8;

function sortedKeys(members: Members): readonly string[] {
  const keys = Object.keys(members);
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let end = 1; end < keys.length; end += 1) {
    const key = keys[end] ?? '';
    let at = end;
    for (let before = keys[at - 1] ?? ''; at > 0 && before > key; before = keys[at - 1] ?? '') {
      keys[at] = before;
      at -= 1;
    }
    keys[at] = key;
  }
  return keys;
}
