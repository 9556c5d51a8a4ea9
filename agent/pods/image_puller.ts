import type { Clock } from "../../api/clock.ts";
import type { Container, Pod, Secret } from "../../api/types/core_v1.ts";
import { formatDuration } from "../../api/meta/time.ts";
import { type ContainerRuntime, type RegistryAuth, RuntimeError } from "../runtime/contract.ts";
import { defaultPullPolicy, parseImageReference } from "./image_reference.ts";
import { messageOf, PodError } from "./pod_error.ts";
import { registryAuths } from "./pull_secrets.ts";

export interface ImagePullerOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  /** Pulls that run at once; the others wait their turn. */
  readonly concurrency?: number;
  /** The Secrets that exist of the Pod's `imagePullSecrets`. */
  readonly secrets: (pod: Pod, signal: AbortSignal) => Promise<readonly Secret[]>;
  readonly event: (pod: Pod, container: string, type: "Normal" | "Warning", reason: string, message: string) => void;
}

/** Sees to it that images are on the node, by each container's pull policy. */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  /** Answers the image's id. Rejects with a {@linkcode PodError} whose reason the status shows. */
  async ensure(pod: Pod, container: Container, signal: AbortSignal): Promise<string> {
    const { runtime, event } = this.#options;
    const image = container.image ?? "";
    const reference = parseImageReference(image);
    if (!reference) {
      const message = `Failed to apply default image tag "${image}": it is no image reference`;
      event(pod, container.name, "Warning", "InspectFailed", message);
      throw new PodError("InvalidImageName", message);
    }
    const policy = container.imagePullPolicy || defaultPullPolicy(image);
    const present = policy === "Always" ? undefined : await this.#present(image, signal);
    if (present !== undefined) {
      event(pod, container.name, "Normal", "Pulled", `Container image "${image}" already present on machine`);
      return present;
    }
    if (policy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      event(pod, container.name, "Warning", "ErrImageNeverPull", message);
      throw new PodError("ErrImageNeverPull", message);
    }
    const secrets = pod.spec.imagePullSecrets?.length ? await this.#options.secrets(pod, signal) : [];
    const auths = registryAuths(secrets, reference);
    event(pod, container.name, "Normal", "Pulling", `Pulling image "${image}"`);
    const begin = this.#options.clock.now();
    try {
      const id = await this.#pull(runtime, image, auths, signal);
      const took = formatDuration(this.#options.clock.now() - begin);
      event(pod, container.name, "Normal", "Pulled", `Successfully pulled image "${image}" in ${took}`);
      return id;
    } catch (error) {
      signal.throwIfAborted();
      const message = `Failed to pull image "${image}": ${messageOf(error)}`;
      event(pod, container.name, "Warning", "Failed", message);
      event(pod, container.name, "Warning", "Failed", "Error: ErrImagePull");
      throw new PodError("ErrImagePull", message, { cause: error });
    }
  }

  async #present(image: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.#options.runtime.images.get(image, signal))?.id;
    } catch (error) {
      signal.throwIfAborted();
      throw new PodError("ImageInspectError", `Failed to inspect image "${image}": ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async #pull(
    runtime: ContainerRuntime,
    image: string,
    auths: readonly RegistryAuth[],
    signal: AbortSignal,
  ): Promise<string> {
    signal.throwIfAborted();
    await this.#turn(signal);
    try {
      let failure: unknown;
      // Each credential that fits, then none at all: the image may be public.
      for (const auth of [...auths, undefined]) {
        try {
          return await runtime.images.pull(image, auth, signal);
        } catch (error) {
          failure ??= error;
          if (!(error instanceof RuntimeError) || signal.aborted) throw error;
        }
      }
      throw failure;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#running >= (this.#options.concurrency ?? 2)) {
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          const place = this.#waiting.indexOf(enter);
          if (place >= 0) this.#waiting.splice(place, 1);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        this.#waiting.push(enter);
        signal.addEventListener("abort", leave, { once: true });
      });
    }
    this.#running++;
  }
}
