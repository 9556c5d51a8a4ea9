import { resourceVersionTooOld } from "../../../api/status.ts";
import { CacheEvent } from "../cache/event.ts";
import type { Sink } from "../cache/watchers.ts";
import type { WatchHandle, WatchRequest } from "../contract.ts";
import { parseResourceVersion, requireReached } from "./resource_version.ts";
import { type Selection, selectionOf } from "./selection.ts";
import type { Shelf } from "./system.ts";

/**
 * Everything happens in one turn of the event loop, so that nothing can fall between the events given from the past, or the present objects,
 * and the live ones.
 */
export function watch(shelf: Shelf, request: WatchRequest, sink: Sink): WatchHandle {
  const selection = selectionOf(shelf, request);
  const { matches, scope } = selection;
  const { cache, system: { cache: { revision } } } = shelf;
  const from = parseResourceVersion(request.resourceVersion);
  if (from !== undefined) requireReached(from, revision);
  const startsFromState = request.sendInitialEvents ?? (from === undefined || from === 0);
  if (startsFromState) {
    present(shelf, selection, sink);
    if (request.sendInitialEvents && request.allowWatchBookmarks) {
      sink({ type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: true });
    }
  } else if (from !== undefined && from !== 0 && from < revision) {
    if (from < cache.ring.completeAfter) throw resourceVersionTooOld(from, cache.ring.completeAfter);
    for (const event of cache.ring.after(from)) {
      if (!isInScope(shelf, selection, event)) continue;
      const seen = event.seenBy(matches);
      if (seen) sink(seen);
    }
  }
  const bookmarks = request.allowWatchBookmarks;
  return { close: cache.watchers.add({ scope, after: revision, bookmarks, matches, sink }) };
}

function present(shelf: Shelf, selection: Selection, sink: Sink): void {
  for (const entry of shelf.cache.list(selection.namespace)) {
    if (selection.unfiltered || selection.matches(entry)) sink({ type: "ADDED", entry });
  }
}

/** The past is not sorted by scope. Index scopes need no look: their field selector is part of `matches`. */
function isInScope(shelf: Shelf, { namespace }: Selection, event: CacheEvent): boolean {
  if (namespace === "") return true;
  const { key } = (event.current ?? event.previous)!;
  return key.startsWith(`${shelf.storage.prefix}${namespace}/`);
}
