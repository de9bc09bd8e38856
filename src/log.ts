/**
 * The Journal port as JSON lines on stderr.
 *
 * Secrets are removed by name, at any depth: a fact whose name is one of credentials, nonces, digests or node values is
 * written as `[redacted]`. Facts are text, numbers, booleans, lists and records of them; of an error only code, message and
 * place are written.
 */
import pino from 'pino';
import { DmError } from './errors.ts';
import { type Journal, LOG_LEVELS, type TraceEntry } from './log-events.ts';

type JournalLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface JournalOptions {
  readonly level: JournalLevel;
  /** Receives the conversation with devices and backends; absent: the conversation is discarded. */
  readonly onTrace?: (entry: TraceEntry) => void;
  /** Writes one line; absent: to stderr. */
  readonly write?: (line: string) => void;
}

/** A journal whose level can be changed. */
export interface LeveledJournal extends Journal {
  setLevel(level: JournalLevel): void;
}

const REDACTED = '[redacted]';
/** Names of secret facts, in lower case. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'auth',
  'basic',
  'base64',
  'body',
  'chal',
  'content',
  'cookie',
  'cred',
  'data',
  'ha1',
  'item',
  'items',
  'key',
  'md5',
  'passwd',
  'password',
  'pwd',
  'sha256',
  'text',
  'value',
  'values',
]);
/** Parts of names that make a fact secret. */
const SECRET_PARTS = /secret|password|nonce|credential|authori[sz]ation|token|digest|hmac|cookie|privatekey|storekey/i;
/** Characters; a longer text is cut. */
const MAX_TEXT_LENGTH = 500;
/** Records and lists below this depth are redacted. */
const MAX_DEPTH = 4;

/** Creates a journal that writes one JSON line per event and passes the conversation to `onTrace`. */
export function createJournal(options: JournalOptions): LeveledJournal {
  const { write } = options;
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    write === undefined ? pino.destination({ dest: 2, sync: true }) : { write },
  );
  const journal: LeveledJournal = {
    log(event, facts) {
      const level = LOG_LEVELS[event];
      if (logger.isLevelEnabled(level)) logger[level](redactFacts(facts), event);
    },
    setLevel(level) {
      logger.level = level;
    },
  };
  const { onTrace } = options;
  if (onTrace !== undefined) journal.trace = onTrace;
  return journal;
}

/** Returns the facts in the form in which they are written: secrets replaced, long text cut. */
export function redactFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactRecord(facts, 0);
}

function redactRecord(record: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(record).map(([name, value]) => {
    return [name, isSecretName(name) ? REDACTED : redactValue(value, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase()) || SECRET_PARTS.test(name);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof Uint8Array || depth > MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((each: unknown) => redactValue(each, depth + 1));
  return redactRecord(value, depth);
}

function describeError(error: Error): Record<string, unknown> {
  if (error instanceof DmError) {
    return { code: error.code, message: cleanText(error.message), ...redactRecord(error.place, 1) };
  }
  // Any other error is a bug, whose stack helps to find it.
  return { name: error.name, message: cleanText(error.message), stack: error.stack };
}

/** Removes credentials inside URLs and cuts long text. */
function cleanText(text: string): string {
  const safe = text.replaceAll(/(\w:\/\/)[^\s/@]+@/g, `$1${REDACTED}@`);
  return safe.length > MAX_TEXT_LENGTH ? `${safe.slice(0, MAX_TEXT_LENGTH)}…` : safe;
}
