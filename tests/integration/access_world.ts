import { clusterrolebindings, namespaces, pods, rolebindings, serviceaccounts } from "../../api/resources.ts";
import type { Client } from "../../client/client.ts";
import { createHttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import type { AuthenticationOptions } from "../../server/apiserver/auth/authentication_options.ts";
import { podOfNode } from "../../server/apiserver/auth/testing/routes.ts";
import { openPki, type Pki } from "../../server/pki/pki.ts";
import { type RunningServer, startServer } from "../../server/server.ts";
import { retry } from "../e2e/retry.ts";
import { loopbackOptions } from "./server_options.ts";

/** A whole server with users of all kinds, whose namespace `team` has what a node's Pod needs. */
export class AccessWorld implements AsyncDisposable {
  readonly server: RunningServer;
  readonly pki: Pki;
  readonly directory: string;
  /** The administrator. */
  readonly admin: Client & Disposable;

  private constructor(server: RunningServer, pki: Pki, directory: string, admin: Client & Disposable) {
    this.server = server;
    this.pki = pki;
    this.directory = directory;
    this.admin = admin;
  }

  static async start(
    authentication: AuthenticationOptions = {},
    more: { http1Only?: boolean } = {},
  ): Promise<AccessWorld> {
    const directory = await Deno.makeTempDir({ prefix: "skiff-access-" });
    const server = await startServer(
      loopbackOptions(directory, {
        datastoreEndpoint: "memory://",
        http1Only: more.http1Only ?? false,
        authentication,
      }),
    );
    const pki = await openPki(`${directory}/server/tls`, { names: ["127.0.0.1"] });
    const admin = createHttpsClient(await readKubeconfig(server.kubeconfig));
    const world = new AccessWorld(server, pki, directory, admin);
    await world.#fill();
    return world;
  }

  async #fill(): Promise<void> {
    const { admin } = this;
    await admin.create(namespaces, { metadata: { name: "team" }, spec: {} });
    for (const name of ["x", "nobody"]) await admin.create(serviceaccounts, { metadata: { name, namespace: "team" } });
    await admin.create(pods, podOfNode);
    for (const name of ["view", "edit", "admin"]) {
      await admin.create(rolebindings, {
        metadata: { name, namespace: "team" },
        roleRef: { kind: "ClusterRole", name },
        subjects: [{ kind: "User", name }],
      });
    }
    await admin.create(clusterrolebindings, {
      metadata: { name: "everything" },
      roleRef: { kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "User", name: "everything" }],
    });
  }

  /** A token of a service account of `team`, as its `token` subresource gives it. */
  async token(name: string, spec: Record<string, unknown> = {}): Promise<string> {
    const request = { metadata: {}, spec: { audiences: [], expirationSeconds: 3600, ...spec } };
    const place = { namespace: "team", name, subresource: "token" };
    const answer = await retry("the account", () => this.admin.create(serviceaccounts, request as never, place));
    return (answer as unknown as { status: { token: string } }).status.token;
  }

  /** What a client's connection needs to know, with a certificate that the cluster's authority signs. */
  async connection(
    user?: string,
    ...groups: string[]
  ): Promise<{ port: number; ca: string; cert?: string; key?: string }> {
    const base = { port: this.server.port, ca: this.pki.clusterCa };
    if (user === undefined) return base;
    const { certificate, key } = await this.pki.issueClient(user, groups);
    return { ...base, cert: certificate, key };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.admin[Symbol.dispose]();
    await this.server.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}
