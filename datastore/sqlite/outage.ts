/** Milliseconds between two looks at a file that cannot be written: at first, and at most. */
const PAUSE = { first: 100, most: 5000 };

/** SQLite's primary result codes READONLY, IOERR and CANTOPEN: what a disk says that has failed, or that somebody has taken away. */
const CODES: ReadonlySet<number> = new Set([8, 10, 14]);

/** Whether the file system can be the reason why a call on the database failed. */
export function isDiskTrouble(error: unknown): boolean {
  return CODES.has(((error as { errcode?: number }).errcode ?? 0) & 0xff);
}

/** The time while a file cannot be written: says when to look at it again, more and more seldom. */
export class Outage {
  #pause = PAUSE.first;
  #next: number;

  /** Begins at `now`, in milliseconds of any clock. */
  constructor(now: number) {
    this.#next = now + PAUSE.first;
  }

  /** Whether it is time to look; if so, the next time is later. */
  due(now: number): boolean {
    if (now < this.#next) return false;
    this.#pause = Math.min(this.#pause * 2, PAUSE.most);
    this.#next = now + this.#pause;
    return true;
  }
}
