import { unmeant } from "./accepted.ts";
import type { Difference } from "./compare.ts";

export interface Case {
  /** `apps/deployments` */
  readonly of: string;
  /** `create` */
  readonly what: string;
  /** The change that was made. */
  readonly sent: string;
}

interface Group {
  count: number;
  readonly first: Case & Difference;
}

/** Differences, those that say the same of one kind being told once. */
export class Report {
  readonly #groups = new Map<string, Group>();
  requests = 0;
  differing = 0;
  /** Answered otherwise on purpose alone. */
  accepted = 0;

  add(all: readonly Difference[], one: Case): void {
    const found = unmeant(all);
    this.requests++;
    if (found.length > 0) this.differing++;
    else if (all.length > 0) this.accepted++;
    for (const difference of found) {
      // A code differs because the status does, which tells more.
      if (difference.where === "code" && found.length > 1) continue;
      const { where, theirs, ours } = difference;
      const key = [one.of, where, theirs, ours].map(general).join("\n");
      const group = this.#groups.get(key);
      if (group) group.count++;
      else this.#groups.set(key, { count: 1, first: { ...one, ...difference } });
    }
  }

  get size(): number {
    return this.#groups.size;
  }

  text(): string {
    const groups = [...this.#groups.values()].map(({ count, first }) =>
      `## ${first.of} ${first.where} (${count})\n${first.what}: ${first.sent}\n- ${cut(first.theirs)}\n+ ${
        cut(first.ours)
      }\n`
    );
    return `${groups.join("\n")}\n${this.summary()}\n`;
  }

  summary(): string {
    return `differential: ${this.requests} requests compared, ${this.differing} answered otherwise in ${this.size} ways, ${this.accepted} on purpose`;
  }
}

/** Without what makes two cases of one difference look different: indexes, quoted values, numbers. */
function general(text: string): string {
  return text.replaceAll(/\[[0-9]+\]/g, "[]").replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/[0-9]+/g, "0");
}

function cut(text: string): string {
  return (text.length > 400 ? `${text.slice(0, 400)}...` : text).replaceAll("\n", "\n  ");
}
