import { compare } from "./compare.ts";
import type { Answer, Request, Side } from "./sides.ts";
import { inParallel, type SuiteOptions } from "./suite.ts";
import { applies } from "./writes/applies.ts";
import { bodies } from "./writes/bodies.ts";
import { deletions } from "./writes/deletions.ts";
import { ofEveryKind } from "./writes/every_kind.ts";
import { identities } from "./writes/identities.ts";
import { jsonPatches } from "./writes/json_patches.ts";
import { mergePatches } from "./writes/merge_patches.ts";
import { queries } from "./writes/queries.ts";
import { randomApplies } from "./writes/random_applies.ts";
import { NAME, type Script, UID, VERSION } from "./writes/script.ts";
import { strategicPatches } from "./writes/strategic_patches.ts";
import { subresources } from "./writes/subresources.ts";

const scripts: readonly Script[] = [
  ...jsonPatches,
  ...mergePatches,
  ...strategicPatches,
  ...applies,
  ...queries,
  ...bodies,
  ...identities,
  ...ofEveryKind,
  ...deletions,
  ...subresources,
];

/** How many sequences of writes by several managers are made up. */
const SEQUENCES = 40;

/** Patches, applies, deletions, subresources and all that can be wrong with a request besides the object in it. */
export async function compareWrites(options: SuiteOptions): Promise<void> {
  const all = [...scripts, ...randomApplies(SEQUENCES, options.random)].filter(({ of }) => options.focus.test(of));
  await inParallel([...all.entries()], async ([index, script]) => await run(script, `w-${index}`, options));
  options.progress(`writes: ${options.report.summary()}`);
}

async function run({ of, steps }: Script, name: string, { sides, report }: SuiteOptions): Promise<void> {
  const [theirs, ours] = [new Actor(sides.theirs, name), new Actor(sides.ours, name)];
  for (const [index, step] of steps.entries()) {
    const differences = compare(...await Promise.all([theirs.send(step), ours.send(step)]));
    report.add(differences, { of, what: `${index + 1}. ${step.method} ${step.path}`, sent: said(step) });
  }
}

function said({ headers, body }: Request): string {
  const sent = body instanceof Uint8Array
    ? `${body.length} bytes`
    : typeof body === "string"
    ? body
    : JSON.stringify(body);
  return [sent?.slice(0, 600), headers && JSON.stringify(headers)].filter(Boolean).join(" ");
}

/** One side of a script, which knows what the side's answers told. */
class Actor {
  readonly #side: Side;
  readonly #name: string;
  #uid = UID;
  #version = VERSION;

  constructor(side: Side, name: string) {
    this.#side = side;
    this.#name = name;
  }

  async send(step: Request): Promise<Answer> {
    const { body } = step;
    const request = {
      ...step,
      path: this.#known(step.path),
      ...body === undefined || body instanceof Uint8Array
        ? {}
        : { body: this.#known(typeof body === "string" ? body : JSON.stringify(body)) },
    };
    const answer = await this.#side.send(request);
    const { metadata } = (answer.json ?? {}) as { metadata?: { uid?: string; resourceVersion?: string } };
    if (metadata?.uid) this.#uid = metadata.uid;
    if (metadata?.resourceVersion) this.#version = metadata.resourceVersion;
    return answer;
  }

  #known(text: string): string {
    return text.replaceAll(NAME, this.#name).replaceAll(UID, this.#uid).replaceAll(VERSION, this.#version);
  }
}
