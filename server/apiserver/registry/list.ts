import { badRequest } from "../../../api/status.ts";
import { DatastoreError, type KeyValue } from "../../../datastore/contract.ts";
import { contentOf } from "../cache/layout.ts";
import { StoredEntry } from "../cache/stored_entry.ts";
import type { Entry, ListAnswer, ListRequest } from "../contract.ts";
import {
  continueExpired,
  type ContinueToken,
  decodeContinue,
  encodeContinue,
  TOKEN_MILLISECONDS,
} from "./continue_token.ts";
import { throughStore } from "./datastore_errors.ts";
import { parseResourceVersion, requireReached } from "./resource_version.ts";
import { type Selection, selectionOf } from "./selection.ts";
import type { Shelf } from "./system.ts";

/** One page, as of `revision`, from `start` (a key) on. */
interface Page {
  readonly revision: number;
  readonly start: string | undefined;
  readonly limit: number;
  /** When the list began. */
  readonly since: number;
}

/** Keys read from the datastore at once where selectors decide which ones count. */
const chunk = 500;

export async function list(shelf: Shelf, request: ListRequest): Promise<ListAnswer> {
  const selection = selectionOf(shelf, request);
  const wanted = parseResourceVersion(request.resourceVersion, "invalid resource version: ");
  // As upstream: whoever takes any version takes all of it.
  const limited = request.limit && request.limit > 0 && (wanted !== 0 || request.continue);
  const limit = limited ? request.limit! : Infinity;
  if (request.continue) {
    if (wanted !== undefined && wanted !== 0) {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    return listOn(shelf, selection, decodeContinue(request.continue), limit);
  }
  const current = shelf.system.cache.revision;
  const since = shelf.system.clock.now();
  if (wanted !== undefined) requireReached(wanted, current);
  // Pages are of one version: of just this one, unless a later one will do.
  const exact = request.resourceVersionMatch === "Exact" || (limited && !request.resourceVersionMatch);
  if (exact && wanted !== undefined && wanted < current) {
    return throughStore(listStored(shelf, selection, { revision: wanted, start: undefined, limit, since }));
  }
  return listCached(shelf, selection, { revision: current, start: undefined, limit, since });
}

async function listOn(
  shelf: Shelf,
  selection: Selection,
  token: ContinueToken,
  limit: number,
): Promise<ListAnswer> {
  const { cache, storage } = shelf;
  const now = shelf.system.clock.now();
  const start = storage.prefix + token.start;
  if (token.revision === -1) {
    return listCached(shelf, selection, { revision: shelf.system.cache.revision, start, limit, since: now });
  }
  const { revision, since } = token;
  if (now - since > TOKEN_MILLISECONDS) throw continueExpired(token);
  // What has not changed since is the same in the cache, and cheaper there.
  if (revision >= cache.changed) return listCached(shelf, selection, { revision, start, limit, since });
  try {
    return await listStored(shelf, selection, { revision, start, limit, since });
  } catch (error) {
    if (error instanceof DatastoreError && error.reason === "compacted") throw continueExpired(token);
    return throughStore(Promise.reject(error));
  }
}

function listCached(shelf: Shelf, selection: Selection, page: Page): ListAnswer {
  const entries: StoredEntry[] = [];
  const { cache } = shelf;
  if (selection.name !== undefined && selection.name !== "" && (selection.namespace !== "" || !shelf.row.namespaced)) {
    const entry = cache.get(selection.namespace, selection.name);
    if (entry && selection.matches(entry)) entries.push(entry);
    return { resourceVersion: String(page.revision), entries };
  }
  let left = 0;
  for (const entry of cache.list(selection.namespace, page.start)) {
    if (entries.length === page.limit) {
      left++;
      if (!selection.unfiltered) break;
    } else if (selection.unfiltered || selection.matches(entry)) entries.push(entry);
  }
  return answer(shelf, selection, page, entries, left);
}

async function listStored(shelf: Shelf, selection: Selection, page: Page): Promise<ListAnswer> {
  const { datastore } = shelf.system;
  const { revision, limit } = page;
  const range = shelf.cache.rangeOf(selection.namespace);
  const entries: StoredEntry[] = [];
  let start = page.start === undefined || page.start < range.start ? range.start : page.start;
  let more = true;
  while (more && entries.length < limit) {
    const wanted = selection.unfiltered ? Math.min(limit - entries.length, chunk) : chunk;
    const result = await datastore.list({ start, end: range.end }, { revision, limit: wanted });
    more = result.more;
    for (const [index, item] of result.items.entries()) {
      start = `${item.key}\0`;
      const entry = entryOf(shelf, item);
      if (selection.unfiltered || selection.matches(entry)) entries.push(entry);
      if (entries.length === limit) {
        more ||= index < result.items.length - 1;
        break;
      }
    }
  }
  if (!more) return answer(shelf, selection, page, entries, 0);
  const left = selection.unfiltered ? (await datastore.count({ start, end: range.end }, { revision })).count : 1;
  return answer(shelf, selection, page, entries, left);
}

function entryOf(shelf: Shelf, { key, value, modRevision }: KeyValue): StoredEntry {
  const cached = shelf.cache.byKey(key);
  return cached?.revision === modRevision
    ? cached
    : new StoredEntry(shelf.storage, key, contentOf(shelf.storage, value), modRevision);
}

function answer(
  shelf: Shelf,
  selection: Selection,
  { revision, since }: Page,
  entries: readonly StoredEntry[],
  left: number,
): ListAnswer {
  const resourceVersion = String(revision);
  const last = entries.at(-1);
  if (left === 0 || last === undefined) return { resourceVersion, entries: entries as readonly Entry[] };
  const start = `${last.key.slice(shelf.storage.prefix.length)}\0`;
  return {
    resourceVersion,
    entries,
    continue: encodeContinue({ revision, start, since }),
    // How many of the rest a selector lets through is not known without looking.
    ...(selection.unfiltered ? { remainingItemCount: left } : {}),
  };
}
