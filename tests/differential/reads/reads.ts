import { compareSections, type SuiteOptions } from "../suite.ts";
import { discovery } from "./discovery.ts";
import { health } from "./health.ts";
import { lists } from "./lists.ts";
import { objects } from "./objects.ts";
import { openapi } from "./openapi.ts";
import { paths } from "./paths.ts";
import { watches } from "./watches.ts";

/** What a client reads without writing: the objects of an empty cluster first, before other parts make some. */
export async function compareReads(options: SuiteOptions): Promise<void> {
  await compareSections("reads", { objects, discovery, health, openapi, paths, lists, watches }, options);
}
