/** One line of a container's log file: `2026-01-02T03:04:05.6Z stdout F text`, tag P when the text goes on in the next line. */
export interface LogLine {
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly partial: boolean;
  /** Without a line feed; shares memory with the input. */
  readonly text: Uint8Array;
}

const SPACE = 0x20;
const P = 0x50;
/** `stdout` and `stderr` differ in their fourth letter. */
const O = 0x6f;
/** The longest time in RFC 3339 with nanoseconds and a zone has 35 bytes; stream and tag follow. */
export const LONGEST_HEADER = 48;
const decoder = new TextDecoder();

/** Undefined for what a runtime did not write. `bytes` is a line without its line feed. */
export function parseLogLine(bytes: Uint8Array): LogLine | undefined {
  const first = bytes.indexOf(SPACE);
  const second = bytes.indexOf(SPACE, first + 1);
  if (first < 20 || second !== first + 7) return undefined;
  // Tags are separated by colons, the first one says whether the line is whole; without a text the last blank may be missing.
  const third = bytes.indexOf(SPACE, second + 1);
  return {
    time: decoder.decode(bytes.subarray(0, first)),
    stream: bytes[first + 4] === O ? "stdout" : "stderr",
    partial: bytes[second + 1] === P,
    text: third < 0 ? new Uint8Array() : bytes.subarray(third + 1),
  };
}

/** Whether the line that begins here goes on in the next one; looks at the header alone. */
export function beginsPartial(start: Uint8Array): boolean {
  const first = start.indexOf(SPACE);
  return first > 0 && start[start.indexOf(SPACE, first + 1) + 1] === P;
}

/** As kubectl shows it: always nine digits of a second. */
export function paddedTime(time: string): string {
  return time.replace(
    /(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/,
    (_, fraction = "", zone) => `.${fraction.padEnd(9, "0")}${zone}`,
  );
}
