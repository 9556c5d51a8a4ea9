import { paddedTime, parseLogLine } from "./log_line.ts";

export interface LogFilterOptions {
  /** Milliseconds since the epoch; older lines are left out. */
  readonly since?: number;
  readonly stream?: "stdout" | "stderr";
  readonly timestamps: boolean;
  readonly limitBytes?: number;
}

const LINE_FEED = 0x0a;
/** Runtimes cut lines at 16 KB; one much longer is no log line, and is not waited for. */
const LONGEST_LINE = 1024 * 1024;

/** Turns the bytes of a log file, piece by piece, into what its reader asked for. Holds at most one incomplete line. */
export class LogFilter {
  readonly #options: LogFilterOptions;
  #rest: Uint8Array = new Uint8Array();
  #left: number;
  /** The next text begins a line of the output. */
  #atStart = true;
  readonly #encoder = new TextEncoder();

  constructor(options: LogFilterOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Infinity;
  }

  /** The limit is reached; nothing more will come. */
  get full(): boolean {
    return this.#left <= 0;
  }

  push(chunk: Uint8Array): Uint8Array {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    // Timestamps are in the input anyway: the output is never longer, save for their padding to nine digits.
    const output = new Output(bytes.length + 64);
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, at);
      if (end < 0 || this.full) break;
      this.#line(bytes.subarray(at, end), output);
      at = end + 1;
    }
    const rest = bytes.subarray(at);
    this.#rest = rest.length > LONGEST_LINE ? new Uint8Array() : rest.slice();
    return output.bytes();
  }

  #line(bytes: Uint8Array, output: Output): void {
    const line = parseLogLine(bytes);
    if (!line) return;
    const { since, stream, timestamps } = this.#options;
    if (stream !== undefined && line.stream !== stream) return;
    if (since !== undefined && Date.parse(line.time) < since) return;
    if (timestamps && this.#atStart) this.#write(this.#encoder.encode(`${paddedTime(line.time)} `), output);
    this.#write(line.text, output);
    if (!line.partial) this.#write(NEW_LINE, output);
    this.#atStart = !line.partial;
  }

  #write(bytes: Uint8Array, output: Output): void {
    const allowed = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= allowed.length;
    output.add(allowed);
  }
}

const NEW_LINE = Uint8Array.of(LINE_FEED);

class Output {
  #bytes: Uint8Array;
  #length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  add(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.bytes());
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
