import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";

/** Milliseconds between two lines. */
const INTERVAL = 60_000;

const log = getLogger(["skiff", "dns"]);

/** Logs faults, counted where they come fast: whoever sends us nonsense does not choose how much we write. */
export function limitedLog(clock: Clock): (error: unknown) => void {
  let next = -Infinity;
  let unsaid = 0;
  return (error) => {
    unsaid++;
    if (clock.now() < next) return;
    log.warn("DNS had {count} faults, the last one: {error}", { count: unsaid, error });
    next = clock.now() + INTERVAL;
    unsaid = 0;
  };
}
