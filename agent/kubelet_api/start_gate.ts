import type { Clock } from "../../api/clock.ts";

/**
 * Commands that may be starting in one Pod at once. A Pod's shim takes up ends of processes by a queue of 32, two for each command, and containerd's up to 1.6 and beyond stands
 * still for good when it is full while a command starts (containerd's issue 7561): of 40 commands at once most never began, and none did in that Pod ever after.
 */
const AT_ONCE = 10;
/** A command that has not ended by then has started. In milliseconds. */
const STARTED_AFTER = 3_000;

interface Pod {
  starting: number;
  readonly waiting: (() => void)[];
}

/** Lets commands start in each Pod a few at a time, in the order in which they came. */
export class StartGate {
  readonly #clock: Clock;
  readonly #pods = new Map<string, Pod>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a command may start in the Pod of this name. What it answers is to be called when the command has ended, at any time. */
  async enter(name: string): Promise<() => void> {
    const pod = this.#pods.get(name) ?? { starting: 0, waiting: [] };
    this.#pods.set(name, pod);
    if (pod.starting < AT_ONCE) pod.starting++;
    // Who leaves hands its place on.
    else await new Promise<void>((resolve) => pod.waiting.push(resolve));
    let inside = true;
    const leave = () => {
      if (!inside) return;
      inside = false;
      cancel();
      const next = pod.waiting.shift();
      if (next) return next();
      pod.starting--;
      if (pod.starting === 0) this.#pods.delete(name);
    };
    const cancel = this.#clock.after(STARTED_AFTER, leave);
    return leave;
  }
}
