import { readIfPresent } from "../../client/files.ts";
import { instanceOf } from "../instance.ts";
import { CONTAINERD_CGROUP } from "./clean_up.ts";
import { type HostState, readHostState } from "./host_state.ts";
import type { Installation } from "./installation.ts";
import { undo, type UndoOptions } from "./undo.ts";
import { type Verdict, verify } from "./verify.ts";

/** Takes an installation away and looks what is left of it. */
export async function uninstall(installation: Installation, options: UndoOptions): Promise<Verdict> {
  const { journal, directory } = installation;
  const before = await stateBefore(directory);
  const dataDirs = journal.flatMap((record) => record.kind === "cluster" ? [record.dataDir] : []);
  const instances = [...await Promise.all(dataDirs.map(instanceOf)), CONTAINERD_CGROUP];
  await undo(installation, options);
  const paths = journal.flatMap((record) => "path" in record ? [record.path] : []);
  const existing = new Set<string>();
  for (const path of paths) if (await Deno.lstat(path).then(() => true, () => false)) existing.add(path);
  const kept = options.keepData ? dataDirs.flatMap((path) => [path, ...parents(path)]) : [];
  return verify({ journal, before, after: await readHostState(), instances, existing, kept });
}

/** An installation that was interrupted before it had noted the machine's state has changed nothing that belongs to it. */
async function stateBefore(directory: string): Promise<HostState> {
  const text = await readIfPresent(`${directory}/before.json`);
  return text === undefined ? await readHostState() : JSON.parse(text) as HostState;
}

function parents(path: string): string[] {
  const words = path.split("/").slice(1, -1);
  return words.map((_, i) => `/${words.slice(0, i + 1).join("/")}`);
}
