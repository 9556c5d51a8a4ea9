/** What is written to a stream that its reader may not read, counted in bytes. */
export class StreamWriter<Message> {
  readonly #write: (message: Message, written: () => void) => void;
  #unread = 0;
  #changed: (() => void)[] = [];
  #closed = false;

  /** `write` calls back when the message has left. */
  constructor(write: (message: Message, written: () => void) => void) {
    this.#write = write;
  }

  /** Bytes that have not left yet, as their writers have counted them. */
  get unread(): number {
    return this.#unread;
  }

  write(message: Message, bytes: number): void {
    if (this.#closed) return;
    this.#unread += bytes;
    this.#write(message, () => {
      this.#unread -= bytes;
      this.#wake();
    });
  }

  /** Resolves when no more than so many bytes are unread, or the stream has ended. */
  async drainedTo(bytes: number): Promise<void> {
    while (this.#unread > bytes && !this.#closed) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const resolve of waiting) resolve();
  }
}
