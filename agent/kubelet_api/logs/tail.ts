import { beginsPartial, LONGEST_HEADER } from "./log_line.ts";

const BLOCK = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Where in the file its last `lines` lines begin, reading backwards from the end. A line that the runtime wrote in several parts counts once; an
 * unfinished last line does not count.
 */
export async function tailOffset(file: Deno.FsFile, lines: number): Promise<number> {
  const size = (await file.stat()).size;
  if (lines <= 0) return size;
  let found = 0;
  /** Where the line that was counted last begins, parts of it further up included. */
  let begin = size;
  /** The bytes that follow the block, as many as a header may have. */
  let following: Uint8Array = new Uint8Array();
  let end = size;
  /** The last line feed is the end of the last line and begins none. */
  let seenEnd = false;

  const startsAt = (position: number, header: Uint8Array): number | undefined => {
    // A part goes with the line below it.
    if (!beginsPartial(header)) {
      if (found === lines) return begin;
      found++;
    }
    begin = position;
    return undefined;
  };

  while (end > 0) {
    const from = Math.max(0, end - BLOCK);
    const block = await readAt(file, from, end - from);
    const joined = new Uint8Array(block.length + following.length);
    joined.set(block);
    joined.set(following, block.length);
    for (let at = block.lastIndexOf(LINE_FEED); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(LINE_FEED, at - 1)) {
      if (seenEnd) {
        const answer = startsAt(from + at + 1, joined.subarray(at + 1, at + 1 + LONGEST_HEADER));
        if (answer !== undefined) return answer;
      }
      seenEnd = true;
    }
    following = joined.slice(0, LONGEST_HEADER);
    end = from;
  }
  return startsAt(0, following) ?? 0;
}

async function readAt(file: Deno.FsFile, from: number, length: number): Promise<Uint8Array> {
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
