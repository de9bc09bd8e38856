/** The visible text of a page: white space is collapsed, and blocks begin a line of their own. */

export class VisibleText {
  #text = '';
  /** White space that is written only when more text follows. */
  #pending: '' | ' ' | '\n' = '';

  add(text: string): void {
    const words = text.split(/[ \t\n\f\r]+/u);
    for (const [at, word] of words.entries()) {
      if (at > 0) this.#separate(' ');
      if (word === '') continue;
      if (this.#text !== '') this.#text += this.#pending;
      this.#pending = '';
      this.#text += word;
    }
  }

  breakLine(): void {
    this.#separate('\n');
  }

  /** The text so far, trimmed; the next text begins anew. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    this.#pending = '';
    return text;
  }

  #separate(by: ' ' | '\n'): void {
    if (this.#pending !== '\n') this.#pending = by;
  }
}
