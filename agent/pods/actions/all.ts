import type { Action } from "../state.ts";
import { clear, deleteObject, removeContainer } from "./clean_up.ts";
import { ensureImage } from "./image.ts";
import { killContainer } from "./kill_container.ts";
import type { Run } from "./run.ts";
import { resize } from "./resize.ts";
import { removeSandbox, runSandbox, stopSandbox } from "./sandbox.ts";
import { startContainer } from "./start_container.ts";
import { mountVolumes, unmountVolumes } from "./volumes.ts";

/** How each action is carried out. What one throws becomes its failure. */
export const actions: {
  readonly [T in Action["type"]]: (action: Action & { type: T }, run: Run) => Promise<void>;
} = {
  mountVolumes,
  unmountVolumes,
  runSandbox,
  stopSandbox,
  removeSandbox,
  ensureImage,
  startContainer,
  killContainer,
  removeContainer,
  resize,
  clear,
  deleteObject,
};

/** Those that may take long and have no purpose once the Pod is to end: they are aborted then. */
export const abortable: ReadonlySet<Action["type"]> = new Set([
  "mountVolumes",
  "ensureImage",
  "startContainer",
  "resize",
]);
