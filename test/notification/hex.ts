/** The bytes of hexadecimal digits, with or without blanks between them. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}
