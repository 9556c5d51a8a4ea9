import type { Entry } from "../contract.ts";

/** All watchers of an event are told of it one after the other: the last frames made are those that are asked for. */
const KEPT = 4;

/** Events in the form in which they are sent, made once for all watchers who take that form. */
export class RecentFrames {
  readonly #make: (type: string, entry: Entry) => Uint8Array;
  readonly #frames: { readonly type: string; readonly entry: Entry; readonly frame: Uint8Array }[] = [];

  constructor(make: (type: string, entry: Entry) => Uint8Array) {
    this.#make = make;
  }

  of(type: string, entry: Entry): Uint8Array {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const known = this.#frames[i]!;
      if (known.entry === entry && known.type === type) return known.frame;
    }
    const frame = this.#make(type, entry);
    if (this.#frames.length >= KEPT) this.#frames.shift();
    this.#frames.push({ type, entry, frame });
    return frame;
  }
}
