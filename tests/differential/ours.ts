/**
 * Our API server in a process of its own, with little that works on objects by itself: no controller changes what was written before it is compared.
 * Arguments: the folder of the certificates. Writes its port as a line, ends with its input.
 */
import { systemClock } from "../../api/clock.ts";
import { installHttp2Guard } from "../../client/http2_guard.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { AccessControl } from "../../server/apiserver/auth/access.ts";
import type { Registry } from "../../server/apiserver/contract.ts";
import { startApiServer } from "../../server/apiserver/http/api_server.ts";
import { createInProcessClient } from "../../server/apiserver/in_process.ts";
import { ensurePolicy } from "../../server/apiserver/rbac/bootstrap/ensure_policy.ts";
import { makeBasics, putEndpoints } from "../../server/apiserver/registry/bootstrap.ts";
import { openRegistry } from "../../server/apiserver/registry/open.ts";
import { identities } from "../../server/identities.ts";
import { openPki } from "../../server/pki/pki.ts";
import { firstAddress } from "../../server/service_network.ts";
import { keepObjects } from "./kept.ts";
import { SERVICE_CIDR } from "./sides.ts";

const [certificates = ""] = Deno.args;
installHttp2Guard();
const clock = systemClock();
const datastore = openMemory();
const serviceIP = firstAddress(SERVICE_CIDR);
const pki = await openPki(certificates, { serviceIP, names: ["127.0.0.1"] });
const access = new AccessControl();
const identity = await identities({
  pki,
  clock,
  clusterDomain: "cluster.local",
  access,
  authentication: {},
  joinTokens: () => undefined,
  registry: () => registry,
});
const registry: Registry = await openRegistry({
  datastore,
  clock,
  tokenIssuer: identity.tokens,
  serviceCIDR: SERVICE_CIDR,
  reviews: identity.reviews,
  access,
});
await access.follow(registry);
const server = await startApiServer({
  registry,
  pki,
  authenticator: identity.authenticator,
  authorizer: access,
  address: "127.0.0.1",
  port: 0,
  tokens: identity.tokens,
});
const masters = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const client = createInProcessClient(registry, masters);
const basics = {
  serviceCIDR: SERVICE_CIDR,
  serviceIP,
  addresses: () => ["127.0.0.1"],
  port: server.port,
  clientCa: () => pki.clusterCa,
};
await makeBasics(client, basics);
await putEndpoints(client, basics);
await ensurePolicy(client);
const stop = new AbortController();
await keepObjects(client, clock, stop.signal, serviceIP);
console.log(server.port);
for await (const _ of Deno.stdin.readable);
stop.abort();
await server.close();
access.close();
await registry.close();
identity.close();
await datastore.close();
