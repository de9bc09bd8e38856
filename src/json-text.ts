/**
 * JSON text ↔ values in which numbers keep their digits.
 *
 * A number of JavaScript holds 15 to 17 digits, and no more than about 1.8e308; `1.50` and `1.5` are the same to it. JSON
 * has no such limits, and neither have the values of nodes. So a number whose digits JavaScript would change is read and
 * written as a `JsonNumber`. All others stay numbers.
 *
 * An object that has a name twice is refused: a reader that kept one of the two values would lose the other one.
 *
 * @see RFC 8259 §4 "The names within an object SHOULD be unique", §6 "Numbers", §9 "An implementation may set limits on the maximum
 * depth of nesting"
 */

// TypeScript's library does not have this function of Node 24.
declare global {
  interface JSON {
    /** A value that `stringify` writes as this text. */
    rawJSON(text: string): unknown;
  }
}

/**
 * The digits of a number that JavaScript cannot hold without changing them. As a String object it stays one in a copy that
 * another thread gets; no value that is read from a JSON text is a String object otherwise.
 */
export class JsonNumber extends String {
  toJSON(): unknown {
    return JSON.rawJSON(this.toString());
  }
}

/** The properties of a JSON text that one look at each character shows. Of a text that is no JSON they mean nothing. */
interface JsonOutline {
  /** The greatest number of arrays and objects inside each other. */
  readonly depth: number;
  /** True when JavaScript keeps the digits of every number. */
  readonly isExact: boolean;
  /** The number of names in all objects. */
  readonly names: number;
}

/** The text nests arrays and objects deeper than allowed. */
export class JsonDepthError extends Error {}

/** An object of the text has the same name twice. */
export class JsonNameError extends Error {}

/**
 * Parses JSON text. Numbers keep their digits: those that JavaScript would change are `JsonNumber`s.
 * @throws SyntaxError for text that is no JSON; {@link JsonDepthError} before anything is parsed; {@link JsonNameError}
 */
export function parseJson(text: string, maxDepth: number): unknown {
  const { depth, isExact, names } = outlineOf(text);
  if (depth > maxDepth) throw new JsonDepthError(`JSON nested deeper than ${maxDepth} levels`);
  const value: unknown = JSON.parse(text);
  if (countNames(value) < names) throw new JsonNameError('JSON with an object that has the same name twice');
  // Few texts have such numbers. A reviver, which could see the source of a number, takes ten times as long.
  return isExact ? value : new WellFormedReader(text).readValue();
}

/** The number of names in the objects of a value. A name that an object has twice in the text counts once here. */
function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const isArray = Array.isArray(value);
  const inside = isArray ? value : Object.values(value);
  let count = isArray ? 0 : inside.length;
  for (const each of inside) count += countNames(each);
  return count;
}

/** The digits of a JSON number; undefined for any other value. */
export function digitsOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return value instanceof String ? value.toString() : undefined;
}

/**
 * The JSON number of a decimal text, with the digits as they are. Only signs and zeros that JSON does not allow go: `+5`
 * and `007` become 5 and 7, `.5` and `5.` become 0.5 and 5. Undefined for a text that is no decimal number.
 */
export function toJsonNumber(text: string): number | JsonNumber | undefined {
  const parts = DECIMAL.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = parts;
  if (whole === '' && fraction === '') return undefined;
  const digits = `${sign === '-' ? '-' : ''}${withoutLeadingZeros(whole)}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
  const value = Number(digits);
  return String(value) === digits ? value : new JsonNumber(digits);
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/;

function withoutLeadingZeros(digits: string): string {
  const first = digits.search(/[1-9]/);
  return first < 0 ? '0' : digits.slice(first);
}

/** An integer in exponential form is written out up to this many digits. */
const MAX_WRITTEN_OUT = 40;

/** The digits of the integer that a JSON number such as `1e3` or `5.0` means; undefined when it is none, or too long. */
export function integerDigits(digits: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(digits) ?? [];
  const shift = Number(exponent);
  const kept = fraction.replace(/0+$/, '');
  if (whole === '' || shift < kept.length || shift > MAX_WRITTEN_OUT) return undefined;
  const written = withoutLeadingZeros(whole + kept.padEnd(shift, '0'));
  return sign + written;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Looks at each character once. */
function outlineOf(text: string): JsonOutline {
  let open = 0;
  let depth = 0;
  let isExact = true;
  let names = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      open += 1;
      if (open > depth) depth = open;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      open -= 1;
    } else if (code === COLON) {
      names += 1;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = endOfNumber(text, at);
      if (isExact) isExact = isExactNumber(text.slice(at, end));
      at = end - 1;
    }
  }
  return { depth, isExact, names };
}

/** The offset of the quote that ends the string whose first quote is at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slash = end;
    while (text.charCodeAt(slash - 1) === BACKSLASH) slash -= 1;
    if ((end - slash) % 2 === 0) return end;
  }
  return text.length;
}

function endOfNumber(text: string, at: number): number {
  let end = at + 1;
  while (isNumberCharacter(text.charCodeAt(end))) end += 1;
  return end;
}

/** Digits, signs, the point, `e` and `E`. */
function isNumberCharacter(code: number): boolean {
  return (code >= ZERO && code <= NINE) || code === MINUS || code === 0x2b || code === 0x2e || (code | 0x20) === 0x65;
}

/** So many digits fit into every number of JavaScript. */
const SAFE_DIGITS = 15;

function isExactNumber(number: string): boolean {
  if (number.length <= SAFE_DIGITS && /^[1-9]\d*$/.test(number)) return true;
  return String(Number(number)) === number;
}

/** Reads a text that `JSON.parse` has accepted, and keeps the digits of its numbers. */
class WellFormedReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(): unknown {
    switch (this.#next()) {
      case OPEN_OBJECT:
        return this.#readObject();
      case OPEN_ARRAY:
        return this.#readArray();
      case QUOTE:
        return this.#readString();
      case LETTER_T:
        this.#at += 'true'.length;
        return true;
      case LETTER_F:
        this.#at += 'false'.length;
        return false;
      case LETTER_N:
        this.#at += 'null'.length;
        return null;
      default:
        return this.#readNumber();
    }
  }

  /** Skips white space, and returns the character behind it, which is not skipped. */
  #next(): number {
    const text = this.#text;
    while (text.charCodeAt(this.#at) <= SPACE) this.#at += 1;
    return text.charCodeAt(this.#at);
  }

  #readObject(): object {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    while (this.#next() !== CLOSE_OBJECT) {
      const key = this.#readString();
      this.#next();
      this.#at += 1;
      const value = this.readValue();
      // An assignment to this name would change the prototype.
      if (key === '__proto__') Object.defineProperty(object, key, { value, ...PLAIN_PROPERTY });
      else object[key] = value;
      if (this.#next() === COMMA) this.#at += 1;
    }
    this.#at += 1;
    return object;
  }

  #readArray(): unknown[] {
    const array: unknown[] = [];
    this.#at += 1;
    while (this.#next() !== CLOSE_ARRAY) {
      array.push(this.readValue());
      if (this.#next() === COMMA) this.#at += 1;
    }
    this.#at += 1;
    return array;
  }

  #readString(): string {
    const start = this.#at;
    const end = endOfString(this.#text, start);
    this.#at = end + 1;
    const raw = this.#text.slice(start + 1, end);
    return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
  }

  #readNumber(): number | JsonNumber {
    const start = this.#at;
    this.#at = endOfNumber(this.#text, start);
    const digits = this.#text.slice(start, this.#at);
    const value = Number(digits);
    return String(value) === digits ? value : new JsonNumber(digits);
  }
}

const PLAIN_PROPERTY = { configurable: true, enumerable: true, writable: true } as const;
