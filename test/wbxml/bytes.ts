/** Reads a listing as specifications print it: hexadecimal bytes, text in quotes, remarks after `;`. */
export function bytesOf(listing: string): Uint8Array {
  const bytes: number[] = [];
  for (const line of listing.split('\n')) {
    for (const [piece, text] of line.matchAll(/;.*|"([^"]*)"|\S+/gu)) {
      if (piece.startsWith(';')) continue;
      if (text !== undefined) bytes.push(...Buffer.from(text));
      else if (/^[\dA-F]{2}$/u.test(piece)) bytes.push(Number.parseInt(piece, 16));
      else throw new SyntaxError(`neither byte nor text: ${piece}`);
    }
  }
  return Uint8Array.from(bytes);
}

/** Writes bytes as hexadecimal numbers. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
}
