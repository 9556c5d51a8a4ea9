import {
  type Container,
  type ContainerConfig,
  type ContainerRuntime,
  type Image,
  RuntimeError,
  type RuntimeEvent,
  type Sandbox,
} from "../../runtime/contract.ts";

/** A container runtime without containers, for tests of what drives one: each call is written down, and the test decides who dies. */
export class FakeRuntime implements ContainerRuntime {
  readonly calls: string[] = [];
  readonly configs = new Map<string, ContainerConfig>();
  /** By call (`createContainer web`): rejects with it. */
  readonly failures = new Map<string, RuntimeError>();
  readonly present = new Map<string, Image>();
  /** Calls (`runSandbox`) that do their work once more, but whose answer gets lost; what they made keeps its name. */
  readonly lost = new Set<string>();
  /** Whether a container ends on its stop signal. */
  obeys = true;
  /** What `execSync` answers, by the command's words. */
  readonly answers = new Map<string, number>();
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, Container>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #now: () => number;
  #next = 1;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The newest container of that name. */
  named(name: string): Container | undefined {
    return [...this.#containers.values()].findLast((container) => container.name === name);
  }

  /** Ends a container, as if its process had. */
  exit(name: string, exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): void {
    const container = this.named(name)!;
    const finishedAt = this.#now();
    this.#containers.set(container.id, { ...container, state: "exited", exitCode, reason, finishedAt });
    this.#tell({ type: "exited", containerId: container.id, exitCode });
  }

  killSandbox(): void {
    const [sandbox] = [...this.#sandboxes.values()].filter((one) => one.ready);
    this.#sandboxes.set(sandbox!.id, { ...sandbox!, ready: false });
    this.#tell({ type: "exited", containerId: sandbox!.id, exitCode: 137 });
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #call(name: string): void {
    this.calls.push(name);
    const failure = this.failures.get(name);
    if (failure) throw failure;
  }

  #answer(call: string, id: string): string {
    if (this.lost.delete(call)) throw new RuntimeError("unavailable", "the runtime went away");
    return id;
  }

  async version() {
    return { name: "fake", version: "1" };
  }
  async status() {
    return [];
  }
  async runSandbox(config: Parameters<ContainerRuntime["runSandbox"]>[0]) {
    this.#call("runSandbox");
    const id = `sandbox${this.#next++}`;
    const { name, namespace, uid, attempt, labels, annotations } = config;
    if ([...this.#sandboxes.values()].some((one) => one.uid === uid && one.attempt === attempt)) {
      throw new RuntimeError("failed", `the name of attempt ${attempt} is reserved`);
    }
    const ips = config.namespaces.network === "node" ? [] : [`10.42.0.${this.#next}`];
    this.#sandboxes.set(id, {
      id,
      name,
      namespace,
      uid,
      attempt,
      labels,
      annotations,
      ready: true,
      createdAt: this.#now(),
      ips,
    });
    return this.#answer("runSandbox", id);
  }
  async stopSandbox(id: string) {
    this.#call("stopSandbox");
    const sandbox = this.#sandboxes.get(id);
    if (sandbox) this.#sandboxes.set(id, { ...sandbox, ready: false });
  }
  async removeSandbox(id: string) {
    this.#call("removeSandbox");
    this.#sandboxes.delete(id);
  }
  async sandbox(id: string) {
    return this.#sandboxes.get(id);
  }
  async sandboxes() {
    return [...this.#sandboxes.values()];
  }
  async createContainer(sandboxId: string, config: ContainerConfig) {
    this.#call(`createContainer ${config.name}`);
    const id = `container${this.#next++}`;
    this.configs.set(id, config);
    const { name, attempt, labels, annotations, image } = config;
    this.#containers.set(id, {
      id,
      sandboxId,
      name,
      attempt,
      labels,
      annotations,
      image,
      imageId: image,
      state: "created",
      createdAt: this.#now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: "",
      message: "",
      logPath: "",
    });
    return this.#answer(`createContainer ${name}`, id);
  }
  async startContainer(id: string) {
    const container = this.#containers.get(id)!;
    this.#call(`startContainer ${container.name}`);
    this.#containers.set(id, { ...container, state: "running", startedAt: this.#now() });
  }
  async stopContainer(id: string, grace: number) {
    const container = this.#containers.get(id);
    if (!container) return;
    this.#call(`stopContainer ${container.name} ${grace}`);
    if (container.state === "running") this.exit(container.name, this.obeys ? 143 : 137);
  }
  async removeContainer(id: string) {
    const container = this.#containers.get(id);
    if (container) this.#call(`removeContainer ${container.name}`);
    this.#containers.delete(id);
  }
  async container(id: string) {
    return this.#containers.get(id);
  }
  async containers(sandboxId?: string) {
    return [...this.#containers.values()].filter((one) => sandboxId === undefined || one.sandboxId === sandboxId);
  }
  async updateContainerResources(id: string) {
    this.#call(`updateContainerResources ${this.#containers.get(id)?.name}`);
  }
  async reopenContainerLog() {}
  async execSync(_: string, command: readonly string[]) {
    const words = command.join(" ");
    this.calls.push(`execSync ${words}`);
    return { stdout: new Uint8Array(), stderr: new Uint8Array(), exitCode: this.answers.get(words) ?? 0 };
  }
  async exec() {
    return "";
  }
  async attach() {
    return "";
  }
  async portForward() {
    return "";
  }
  async stats() {
    return [];
  }
  async *events(signal: AbortSignal) {
    const queue: RuntimeEvent[] = [];
    let wake = () => {};
    const listener = (event: RuntimeEvent) => {
      queue.push(event);
      wake();
    };
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => wake(), { once: true });
    while (!signal.aborted) {
      const event = queue.shift();
      if (event) yield event;
      else await new Promise<void>((resolve) => wake = resolve);
    }
    this.#listeners.delete(listener);
  }
  async close() {}

  readonly images = {
    get: async (image: string) => this.present.get(image),
    list: async () => [...this.present.values()],
    pull: async (image: string) => {
      this.#call(`pull ${image}`);
      this.present.set(image, { id: `sha256:${image}`, tags: [image], digests: [], bytes: 1, pinned: false, uid: 0 });
      return `sha256:${image}`;
    },
    remove: async (image: string) => void this.present.delete(image),
    filesystem: async () => ({ path: "/", usedBytes: 0, usedInodes: 0 }),
  };
}
