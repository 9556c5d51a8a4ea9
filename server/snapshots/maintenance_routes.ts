import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { forbidden, methodNotAllowed } from "../../api/status.ts";
import type { BudgetedDatastore } from "../../datastore/budget/budgeted_datastore.ts";
import { send } from "../apiserver/http/answer.ts";
import type { PathRoute } from "../apiserver/http/handler.ts";

/** The whole store, secrets included, as a snapshot. */
export const SNAPSHOT_PATH = "/debug/skiff/snapshot";
/** Who has written how much: a WriteReport. */
export const WRITES_PATH = "/debug/skiff/writes";

/** What the commands of `cli/` ask a running server for. Only for `system:masters`, whatever roles say: the store holds every secret. */
export function maintenanceRoutes(datastore: BudgetedDatastore): ReadonlyMap<string, PathRoute> {
  return new Map<string, PathRoute>([
    [
      WRITES_PATH,
      mastersOnly(async (call) => send(call, 200, "application/json", JSON.stringify(await datastore.report()))),
    ],
    [
      SNAPSHOT_PATH,
      mastersOnly(async (call) => {
        const { signal } = call;
        // Fails before the headers, if at all.
        await datastore.revision({ signal });
        call.response.writeHead(200, { "content-type": "application/x-ndjson" });
        const snapshot = Readable.fromWeb(datastore.snapshot({ signal }) as Parameters<typeof Readable.fromWeb>[0]);
        await pipeline(snapshot, call.response as unknown as NodeJS.WritableStream);
      }),
    ],
  ]);
}

/** A route for `system:masters` alone, whatever roles say. */
export function mastersOnly(route: PathRoute, verbs: readonly string[] = ["get"]): PathRoute {
  return (call) => {
    const { user, info } = call;
    if (!user.groups.includes("system:masters")) {
      throw forbidden(undefined, "", `User ${JSON.stringify(user.name)} is not in the group system:masters`);
    }
    if (!verbs.includes(info.verb)) throw methodNotAllowed();
    return route(call);
  };
}
