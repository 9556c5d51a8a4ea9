import type { StartGate } from "./start_gate.ts";
import type { Clock } from "../../api/clock.ts";
import type { PodDirectory } from "../pods/directory.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";

/** What the handlers of one server share. */
export interface KubeletContext {
  readonly pods: PodDirectory;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly starts: StartGate;
  readonly idleTimeout: number;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}
