/**
 * The Journal port as JSON lines on stderr.
 *
 * What is secret is kept out by name, at any depth, whoever logs it: a fact whose name speaks of credentials, nonces,
 * digests or node values shows `[redacted]`. Only plain facts get through: text, numbers, booleans, lists and records
 * of them; of an error its code and message.
 */
import pino from 'pino';
import { DmError } from './errors.ts';
import { type Journal, LOG_LEVELS, type TraceEntry } from './log-events.ts';

export interface JournalOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Receives the conversation; absent: it is not kept. */
  readonly onTrace?: (entry: TraceEntry) => void;
  /** Where lines go; stderr when absent. */
  readonly write?: (line: string) => void;
}

const REDACTED = '[redacted]';
/** Names, in lower case, that are secret as a whole. */
const SECRET_NAMES = new Set(
  'auth basic base64 body chal content cookie cred data ha1 item items key md5 passwd password pwd sha256 text value values'.split(
    ' ',
  ),
);
const SECRET_PARTS = /secret|password|nonce|credential|authori[sz]ation|token|digest|hmac|cookie|privatekey|storekey/i;
const LONGEST_TEXT = 500;
const DEEPEST = 4;

/** A journal that writes one JSON line per event and hands the conversation to `onTrace`. */
export function createJournal(options: JournalOptions): Journal {
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
  return {
    log(event, facts) {
      const level = LOG_LEVELS[event];
      if (logger.isLevelEnabled(level)) logger[level](redactFacts(facts), event);
    },
    trace(entry) {
      options.onTrace?.(entry);
    },
  };
}

/** The facts as they may be written: secrets replaced, long text cut. */
export function redactFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactRecord(facts, 0);
}

function redactRecord(record: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      isSecretName(name) ? REDACTED : redactValue(value, depth + 1),
    ]),
  );
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase()) || SECRET_PARTS.test(name);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof Uint8Array || depth > DEEPEST) return REDACTED;
  if (Array.isArray(value)) return value.map((each: unknown) => redactValue(each, depth + 1));
  return redactRecord(value, depth);
}

function describeError(error: Error): Record<string, unknown> {
  if (error instanceof DmError)
    return { code: error.code, message: cleanText(error.message), ...redactRecord(error.place, 1) };
  // Any other error is a bug, and a bug needs its stack.
  return { name: error.name, message: cleanText(error.message), stack: error.stack };
}

/** Credentials inside a URL are secret, too. */
function cleanText(text: string): string {
  const safe = text.replaceAll(/(\w:\/\/)[^\s/@]+@/g, `$1${REDACTED}@`);
  return safe.length > LONGEST_TEXT ? `${safe.slice(0, LONGEST_TEXT)}…` : safe;
}
