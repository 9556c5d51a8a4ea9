import { compareValues } from "../compare.ts";
import { discovered } from "./discovered.ts";
import { inParallel, type Section } from "../suite.ts";

interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Every object that is there without anybody's doing, field by field. */
export const objects: Section = async ({ sides, report }, of) => {
  const all = (await discovered(sides.theirs)).filter(({ verbs }) => verbs.includes("list"));
  await inParallel(all.map(({ root, resource }) => `${root}/${resource}`), async (path) => {
    const [theirs, ours] = await Promise.all([sides.theirs, sides.ours].map(async (side) => {
      const { json } = await side.send({ method: "GET", path });
      return new Map(((json as { items?: Item[] } | undefined)?.items ?? []).map((item) => {
        const { name, namespace } = item.metadata;
        return [namespace ? `${namespace}/${name}` : name, item];
      }));
    }));
    for (const name of new Set([...theirs!.keys(), ...ours!.keys()])) {
      const [a, b] = [theirs!.get(name), ours!.get(name)];
      const found = a === undefined || b === undefined
        ? [{ where: `${path}/${name}`, theirs: a ? "present" : "absent", ours: b ? "present" : "absent" }]
        : compareValues(a, b);
      report.add(found, { of: `${of}${path}`, what: name, sent: "GET" });
    }
  });
};
