import { cloneJson } from "./clone.ts";
import { conflict, isNotFound, notFound, serverTimeout } from "../../../api/status.ts";
import { keyIn } from "../cache/layout.ts";
import type {
  DeleteAnswer,
  DeleteOptions,
  DeleteRequest,
  ListAnswer,
  ListRequest,
  RequestContext,
} from "../contract.ts";
import { commitDelete, commitPut } from "./commit.ts";
import { planDeletion } from "./deletion.ts";
import { list } from "./list.ts";
import { ObjectEntry } from "./object_entry.ts";
import type { Shelf } from "./system.ts";
import { requireDeletable } from "./preconditions.ts";

const attempts = 64;

export async function remove(shelf: Shelf, context: RequestContext, request: DeleteRequest): Promise<DeleteAnswer> {
  const { namespace, name, options } = request;
  const { system } = shelf;
  const { dependentsWarning } = shelf.strategy;
  if (dependentsWarning !== undefined && options.propagationPolicy === undefined) context.warn(dependentsWarning);
  await admit(shelf, context, request);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    context.signal?.throwIfAborted();
    const current = shelf.cache.get(namespace, name);
    if (current === undefined) throw notFound(shelf.row, name);
    requireDeletable(shelf, current, options.preconditions);
    const plan = planDeletion(shelf, current.object, options, system.clock.now());
    if (plan.outcome === "unchanged") return { outcome: "marked", entry: current };
    if (plan.outcome === "remove") {
      const entry = options.dryRun ? current : await commitDelete(shelf, current);
      if (entry !== undefined) {
        const shown = plan.object && new ObjectEntry(plan.object, entry.revision, entry.records);
        return { outcome: "removed", entry: shown ?? entry };
      }
    } else {
      if (options.dryRun) {
        return { outcome: "marked", entry: new ObjectEntry(plan.object, current.revision, current.records) };
      }
      const object = cloneJson(plan.object);
      const key = keyIn(shelf.storage, namespace, name);
      const entry = await commitPut(shelf, key, object, current.records, current.revision);
      if (entry !== undefined) return { outcome: "marked", entry };
    }
    if (options.preconditions?.resourceVersion) throw conflict(shelf.row, name);
  }
  throw serverTimeout(shelf.row, "delete");
}

async function admit(
  shelf: Shelf,
  context: RequestContext,
  { namespace, name, options }: DeleteRequest,
): Promise<void> {
  const old = shelf.cache.get(namespace, name)?.object;
  if (old === undefined) throw notFound(shelf.row, name);
  await shelf.system.admission.validate({
    operation: "DELETE",
    row: shelf.row,
    subresource: "",
    namespace,
    name,
    old,
    user: context.user,
    dryRun: options.dryRun,
    warn: (message: string) => context.warn(message),
  });
}

/** Deletions under way at once: enough to share the datastore's commits. */
const parallel = 32;

/** Deletes what a list of the same request answers. Objects that others delete meanwhile are no failure. */
export async function removeCollection(
  shelf: Shelf,
  context: RequestContext,
  request: ListRequest & { readonly options: DeleteOptions },
): Promise<ListAnswer> {
  const found = await list(shelf, request);
  for (let start = 0; start < found.entries.length; start += parallel) {
    await Promise.all(
      found.entries.slice(start, start + parallel).map(async ({ namespace, name, object }) => {
        // The one that was listed, not a later one of the same name.
        const preconditions = { uid: object.metadata.uid ?? "", ...request.options.preconditions };
        try {
          await remove(shelf, context, { namespace, name, options: { ...request.options, preconditions } });
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }),
    );
  }
  return found;
}
