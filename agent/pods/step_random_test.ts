import { describe, expect, it } from "vitest";
import { type SeededRandom, seededRandom } from "../../api/meta/_seeded_random.ts";
import type { Container as SpecContainer, Pod } from "../../api/types/core_v1.ts";
import type { Container, Sandbox } from "../runtime/contract.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { type Action, actionKey, type Input, isSidecar, newPodState, type PodState, specContainer } from "./state.ts";
import { podStatus } from "./status.ts";
import { step } from "./step.ts";

/** A runtime made of two lists; actions end in any order, some of them badly, and containers die when they like. */
class World {
  now = Date.UTC(2026, 0, 1);
  state: PodState;
  wakeAt: number | undefined;
  readonly pending: Action[] = [];
  readonly containers = new Map<string, Container>();
  readonly sandboxes = new Map<string, Sandbox>();
  readonly #random: SeededRandom;
  faults = true;
  #next = 0;
  /** A list of the runtime that is still on its way. */
  #list: (Input & { type: "observed" }) | undefined;

  constructor(pod: Pod, random: SeededRandom) {
    this.state = newPodState(pod);
    this.#random = random;
  }

  send(input: Input): void {
    const before = this.state.stage.at;
    const next = step(this.state, input, this.now);
    this.state = next.state;
    this.wakeAt = next.wakeAt;
    for (const action of next.actions) {
      const twice = this.pending.some((other) => actionKey(other) === actionKey(action));
      if (twice && action.type !== "killContainer") throw new Error(`${actionKey(action)} runs twice`);
      this.#check(action);
      this.pending.push(action);
    }
    const order = ["active", "ending", "ended", "cleared", "gone"];
    if (order.indexOf(this.state.stage.at) < order.indexOf(before)) throw new Error("a stage went backwards");
    podStatus(this.state, { hostIPs: ["192.0.2.1"] }, this.now);
  }

  #check(action: Action): void {
    if (action.type !== "startContainer") return;
    if (this.state.stage.at !== "active") throw new Error(`${action.container} is started while the Pod ends`);
    const running = [...this.containers.values()].some((one) =>
      one.name === action.container && one.state === "running"
    );
    if (running) throw new Error(`${action.container} is started twice`);
    const { initContainers = [], containers } = this.state.pod.spec;
    if (!containers.some(({ name }) => name === action.container)) return;
    for (const init of initContainers.filter((spec) => !isSidecar(spec))) {
      const done = [...this.containers.values()].some((one) =>
        one.name === init.name && one.sandboxId === action.sandbox.id && one.exitCode === 0 && one.state === "exited"
      );
      const others = [...this.containers.values()].some((one) =>
        one.sandboxId === action.sandbox.id && containers.some(({ name }) => name === one.name)
      );
      if (!done && !others) throw new Error(`${action.container} is started before ${init.name} has succeeded`);
    }
  }

  /** Ends one of the pending actions. */
  settle(): void {
    const [action] = this.pending.splice(this.#random.below(this.pending.length), 1);
    const failure = this.faults && this.#random.next() < 0.15 ? { reason: "Fault", message: "injected" } : undefined;
    if (action!.type === "ensureImage") {
      const { use } = action!;
      const image = failure ? { type: "failed", ...failure, use } as const : { type: "present", id: "i", use } as const;
      return this.send({ type: "image", action: action!, image });
    }
    if (!failure) this.#carryOut(action!);
    this.send({ type: "settled", action: action!, ...(failure ? { failure } : {}) });
  }

  #carryOut(action: Action): void {
    switch (action.type) {
      case "runSandbox": {
        const { pod } = this.state;
        const id = `s${this.#next++}`;
        const { name = "", namespace = "", uid = "" } = pod.metadata;
        const { attempt } = action;
        const sandbox = {
          id,
          name,
          namespace,
          uid,
          attempt,
          ready: true,
          createdAt: this.now,
          ips: ["10.42.0.2"],
          labels: {},
          annotations: {},
        };
        this.sandboxes.set(id, sandbox);
        return this.send({ type: "sandbox", sandbox });
      }
      case "stopSandbox":
        return this.endSandbox(action.id);
      case "removeSandbox":
        this.sandboxes.delete(action.id);
        return this.send({ type: "sandboxGone", id: action.id });
      case "startContainer": {
        const { pod } = this.state;
        const spec = specContainer(pod, action.container)! as SpecContainer;
        const container: Container = {
          id: `c${this.#next++}`,
          sandboxId: action.sandbox.id,
          name: action.container,
          attempt: action.attempt,
          state: "running",
          createdAt: this.now,
          startedAt: this.now,
          finishedAt: 0,
          exitCode: 0,
          reason: "",
          message: "",
          logPath: "",
          image: "i",
          imageId: "i",
          labels: containerLabels(pod, spec),
          annotations: containerAnnotations(pod, spec, action.attempt),
        };
        this.containers.set(container.id, container);
        return this.send({ type: "container", container });
      }
      case "killContainer":
        return this.exit(action.container.id, 143);
      case "removeContainer":
        this.containers.delete(action.id);
        return this.send({ type: "containerGone", id: action.id });
      case "clear":
        this.containers.clear();
        this.sandboxes.clear();
        return;
      default:
        return;
    }
  }

  exit(id: string, exitCode: number): void {
    const container = this.containers.get(id);
    if (!container || container.state === "exited") return;
    const dead = { ...container, state: "exited" as const, exitCode, finishedAt: this.now, reason: "" };
    this.containers.set(id, dead);
    this.send({ type: "container", container: dead });
  }

  endSandbox(id: string): void {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) return;
    this.sandboxes.set(id, { ...sandbox, ready: false });
    this.send({ type: "sandbox", sandbox: { ...sandbox, ready: false } });
  }

  /** Something happens to it from outside. */
  disturb(): void {
    const running = [...this.containers.values()].filter(({ state }) => state === "running");
    const roll = this.#random.next();
    if (roll < 0.5 && running.length > 0) this.exit(this.#random.pick(running).id, this.#random.below(2));
    else if (roll < 0.6 && this.sandboxes.size > 0) this.endSandbox(this.#random.pick([...this.sandboxes.keys()]));
    else if (roll < 0.7) {
      const list = this.#list;
      this.#list = {
        type: "observed",
        at: this.now,
        sandboxes: [...this.sandboxes.values()],
        containers: [...this.containers.values()],
      };
      this.now += 1;
      if (list && this.state.inFlight.size === 0) this.send(list);
    } else if (roll < 0.8 && running.length > 0) {
      const probe = this.#random.pick(["liveness", "readiness", "startup"] as const);
      const success = this.#random.next() < 0.7;
      this.send({ type: "probed", containerId: this.#random.pick(running).id, probe, success });
    } else this.pass(this.#random.below(20_000));
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.send({ type: "tick" });
  }

  /** Without faults, ends all there is to do, moving time on to whatever is waited for. */
  rest(): void {
    this.faults = false;
    for (let i = 0; i < 1_000; i++) {
      if (this.pending.length > 0) this.settle();
      else if (!this.#finishInit()) {
        if (this.wakeAt === undefined) return;
        this.pass(Math.max(this.wakeAt - this.now, 1));
      }
    }
    throw new Error(`does not come to rest: ${JSON.stringify(this.state.stage)}`);
  }

  /** Plain init containers do their work. */
  #finishInit(): boolean {
    const plain = this.state.pod.spec.initContainers?.filter((spec) => !isSidecar(spec)).map(({ name }) => name) ?? [];
    const busy = [...this.containers.values()].find((one) => one.state === "running" && plain.includes(one.name));
    if (busy) this.exit(busy.id, 0);
    return busy !== undefined;
  }
}

function randomPod(random: SeededRandom): Pod {
  const containers = Array.from({ length: 1 + random.below(3) }, (_, i) => ({ name: `main${i}`, image: "i" }));
  const initContainers = Array.from({ length: random.below(4) }, (_, i) => ({
    name: `init${i}`,
    image: "i",
    ...(random.next() < 0.4 ? { restartPolicy: "Always" } : {}),
  }));
  return {
    metadata: { name: "a", namespace: "default", uid: "u" },
    spec: { containers, initContainers, restartPolicy: random.pick(["Always", "OnFailure", "Never"]) },
  };
}

describe("step, at random", () => {
  it("keeps its promises whatever happens, comes to rest, and leaves nothing", () => {
    const { seed } = seededRandom();
    for (let round = 0; round < 150; round++) {
      const random = seededRandom(seed + round);
      const world = new World(randomPod(random), random);
      try {
        world.send({ type: "observed", at: 0, sandboxes: [], containers: [] });
        for (let i = 0; i < 80; i++) {
          if (world.pending.length > 0 && random.next() < 0.7) world.settle();
          else world.disturb();
        }
        world.rest();
        const { stage, pod } = world.state;
        const running = [...world.containers.values()].filter(({ state }) => state === "running").map(({ name }) =>
          name
        );
        if (stage.at === "active") {
          for (const { name } of pod.spec.containers) {
            const dead = [...world.containers.values()].some((one) => one.name === name && one.state === "exited");
            expect(running.includes(name) || dead).toBe(true);
          }
          expect(podStatus(world.state, { hostIPs: [] }, world.now).phase).toBe("Running");
        } else {
          expect(stage.at).toBe("ended");
          expect(running).toEqual([]);
        }
        world.faults = true;
        world.send({
          type: "desired",
          pod: { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } },
        });
        for (let i = 0; i < 20; i++) world.pending.length > 0 ? world.settle() : world.disturb();
        world.rest();
        expect(world.state.stage.at).toBe("gone");
        expect([world.containers.size, world.sandboxes.size, world.state.inFlight.size]).toEqual([0, 0, 0]);
      } catch (error) {
        throw new Error(`seed ${seed + round}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
