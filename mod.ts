/**
 * Skiff as a library: an API server with scheduler and controllers, a node's agent, and the datastore under them. Run as a program, it is the
 * command line: `deno run -A mod.ts server`.
 *
 * @module
 */
import { main } from "./cli/main.ts";

export type { Clock } from "./api/clock.ts";
export type { KubeList, KubeObject, Resource } from "./api/resource.ts";
export type { Client } from "./client/client.ts";
export type { Datastore } from "./datastore/contract.ts";
export { openDatastore, type OpenDatastoreOptions } from "./datastore/open.ts";
export type { ServerOptions } from "./server/options.ts";
export { type RunningServer, startServer } from "./server/server.ts";
export type { AgentOptions } from "./agent/options.ts";
export { type AgentInputs, type RunningAgent, startAgent } from "./agent/agent.ts";

export { type Cluster, type ClusterOptions, startCluster } from "./cli/ephemeral/start_cluster.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
