import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { Deployment, ReplicaSet } from "../../../api/types/apps_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isComplete } from "./progress.ts";
import { fenceposts, replicasOf, total } from "./replica_set_facts.ts";
import { describeScaling, step } from "./step.ts";

export interface RolloutOptions {
  replicas?: number;
  surge?: string | number;
  unavailable?: string | number;
  strategy?: string;
  deadline?: number;
  history?: number;
}

/** How many Pods of a template can become available; all, for one that is not in it. */
export type Health = ReadonlyMap<string, number>;

const start = Date.UTC(2026, 0, 1);
const manySteps = 200;

/** A Deployment whose ReplicaSets obey at once. */
export class Rollout {
  #now = start;
  #made = 0;
  #deployment: Deployment = { metadata: {}, spec: { selector: {}, template: { spec: { containers: [] } } } };
  #replicaSets: ReplicaSet[] = [];
  /** Pods of ReplicaSets that are scaled down and not gone yet. */
  #leaving: Pod[] = [];

  create(template: string, options: RolloutOptions): void {
    const { replicas = 1, surge = 0, unavailable = 0, strategy = "RollingUpdate", deadline = 600, history = 10 } =
      options;
    const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
    this.#replicaSets = [];
    this.#leaving = [];
    this.#deployment = {
      metadata: { name: "web", namespace: "default", uid: "web", generation: 1 },
      spec: {
        replicas,
        selector: { matchLabels: { app: "web" } },
        template: templateOf(template),
        strategy: { type: strategy, ...(strategy === "Recreate" ? {} : { rollingUpdate }) },
        progressDeadlineSeconds: deadline,
        revisionHistoryLimit: history,
      },
    };
  }

  setTemplate(template: string): void {
    this.#change({ template: templateOf(template) });
  }

  scale(replicas: number): void {
    this.#change({ replicas });
  }

  pause(paused: boolean): void {
    this.#change({ paused });
  }

  wait(seconds: number): void {
    this.#now += seconds * 1000;
  }

  /** The containers of what was scaled down have ended. */
  letGo(): void {
    this.#leaving = [];
  }

  isComplete(): boolean {
    return isComplete(this.#deployment, this.#deployment.status ?? {});
  }

  /** Throws when there are more Pods than surge allows. Sizes of an earlier, greater Deployment are forgiven until it has shrunk. */
  checkSurge(where: string): void {
    const { maxSurge } = fenceposts(this.#deployment);
    const wanted = total(this.#replicaSets, replicasOf);
    const allowed = replicasOf(this.#deployment) + maxSurge;
    const scaling = this.#replicaSets.some(({ spec, metadata }) =>
      (spec.replicas ?? 0) > 0 &&
      metadata.annotations?.["deployment.kubernetes.io/desired-replicas"] !== String(replicasOf(this.#deployment))
    );
    if (wanted > allowed && !scaling) throw new Error(`${wanted} Pods where ${allowed} are allowed: ${where}`);
  }

  /** What was done, in words; undefined when nothing was. */
  step(health: Health): string[] | undefined {
    this.#now += 1000;
    const { create, updates, deletes, status, revision } = step({
      deployment: this.#deployment,
      replicaSets: this.#replicaSets,
      pods: this.#leaving,
      now: this.#now,
    });
    const before = this.#replicaSets;
    const lines: (string | undefined)[] = [];
    for (const { old, next } of updates) {
      this.#replicaSets = this.#replicaSets.map((replicaSet) => replicaSet === old ? next : replicaSet);
      this.#leaving.push(...podsOf(old, next));
      lines.push(describeScaling(old, next));
    }
    if (create !== undefined) {
      const metadata = { ...create.metadata, uid: `rs-${++this.#made}`, creationTimestamp: formatTime(this.#now) };
      this.#replicaSets.push({ ...create, metadata });
      lines.push(describeScaling(undefined, create) ?? `Created replica set ${create.metadata.name}`);
    }
    for (const replicaSet of deletes) lines.push(`Deleted replica set ${replicaSet.metadata.name}`);
    this.#replicaSets = this.#replicaSets.filter((replicaSet) => !deletes.includes(replicaSet));
    this.#replicaSets = this.#replicaSets.map((replicaSet) => withPods(replicaSet, health));
    const done = lines.filter((line) => line !== undefined);
    const unchanged = deepEqual(before, this.#replicaSets) && deepEqual(this.#deployment.status, status);
    const { metadata } = this.#deployment;
    const annotations = { ...metadata.annotations, ...(revision && { "deployment.kubernetes.io/revision": revision }) };
    this.#deployment = { ...this.#deployment, metadata: { ...metadata, annotations }, status };
    return unchanged ? undefined : done.map((line) => this.#withTemplateNames(line));
  }

  run(health: Health): string[] {
    const lines: string[] = [];
    for (let i = 0; i < manySteps; i++) {
      const done = this.step(health);
      if (done === undefined) return lines;
      lines.push(...done.map((line) => `${line}  [${this.#sizes()}]`));
      if (this.#deployment.spec.strategy?.type === "Recreate") this.letGo();
    }
    throw new Error(`the rollout did not come to rest in ${manySteps} steps: ${this.#sizes()}`);
  }

  summary(): string {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = this.#deployment.status ?? {};
    const shown = conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`).join(", ");
    const revision = this.#deployment.metadata.annotations?.["deployment.kubernetes.io/revision"];
    return `revision ${revision}: ${replicas} replicas, ${updatedReplicas} updated, ${availableReplicas} available; ${shown}`;
  }

  #change(spec: Partial<Deployment["spec"]>): void {
    const { metadata } = this.#deployment;
    this.#deployment = {
      ...this.#deployment,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: { ...this.#deployment.spec, ...spec },
    };
  }

  #sizes(): string {
    return this.#replicaSets.map((replicaSet) =>
      `${templateName(replicaSet)} ${replicaSet.status?.availableReplicas ?? 0}/${replicasOf(replicaSet)}`
    ).sort().join("  ");
  }

  #withTemplateNames(line: string): string {
    return this.#replicaSets.reduce(
      (text, replicaSet) => text.replace(replicaSet.metadata.name!, templateName(replicaSet)),
      line,
    )
      .replace(/web-[a-z0-9]+/, "of old");
  }
}

function templateOf(image: string) {
  return { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image }] } };
}

function templateName(replicaSet: ReplicaSet): string {
  return replicaSet.spec.template?.spec.containers[0]?.image ?? "";
}

function podsOf(old: ReplicaSet, next: ReplicaSet): Pod[] {
  const { name = "", uid = "" } = old.metadata;
  const pod: Pod = {
    metadata: { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name, uid, controller: true }] },
    spec: { containers: [] },
  };
  return Array.from({ length: Math.max(replicasOf(old) - replicasOf(next), 0) }, () => pod);
}

function withPods(replicaSet: ReplicaSet, health: Health): ReplicaSet {
  const replicas = replicasOf(replicaSet);
  const availableReplicas = Math.min(health.get(templateName(replicaSet)) ?? replicas, replicas);
  return { ...replicaSet, status: { replicas, readyReplicas: availableReplicas, availableReplicas } };
}

type Command = (rollout: Rollout, words: readonly string[]) => readonly string[];

const commands: Readonly<Record<string, Command>> = {
  create(rollout, [template = "", ...options]) {
    const entries = options.map((option) => option.split("=")).map(([name, value = ""]) =>
      [name, /^[0-9]+$/.test(value) ? Number(value) : value] as const
    );
    rollout.create(template, Object.fromEntries(entries));
    return [];
  },
  template: (rollout, [template = ""]) => (rollout.setTemplate(template), []),
  scale: (rollout, [replicas]) => (rollout.scale(Number(replicas)), []),
  pause: (rollout) => (rollout.pause(true), []),
  resume: (rollout) => (rollout.pause(false), []),
  wait: (rollout, [seconds]) => (rollout.wait(Number(seconds)), []),
  gone: (rollout) => (rollout.letGo(), []),
  step: (rollout, words) => [...rollout.step(healthOf(words)) ?? ["nothing"], rollout.summary()],
  run: (rollout, words) => [...rollout.run(healthOf(words)), rollout.summary()],
};

function healthOf(words: readonly string[]): Health {
  return new Map(words.map((word) => word.split("=")).map(([template = "", count]) => [template, Number(count)]));
}

/** Runs the lines that begin with `>`, and answers the text with what came of each under it. */
export function playScenario(text: string): string {
  const rollout = new Rollout();
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("  ")) continue;
    lines.push(line);
    if (!line.startsWith("> ")) continue;
    const [command = "", ...words] = line.slice(2).split(" ");
    const play = commands[command];
    if (play === undefined) throw new Error(`there is no command ${JSON.stringify(command)}`);
    lines.push(...play(rollout, words).map((output) => `  ${output}`));
  }
  return lines.join("\n");
}
