import type { ResourceCall } from "./resource_call.ts";
import { getRoute, listRoute } from "./read_routes.ts";
import { watchRoute } from "./watch_route.ts";
import { createRoute, deleteCollectionRoute, deleteRoute, patchRoute, updateRoute } from "./write_routes.ts";

/** What answers each verb of a resource. */
export const resourceRoutes: Readonly<Record<string, (of: ResourceCall) => Promise<void>>> = {
  get: getRoute,
  list: listRoute,
  watch: watchRoute,
  create: createRoute,
  update: updateRoute,
  patch: patchRoute,
  delete: deleteRoute,
  deletecollection: deleteCollectionRoute,
};
