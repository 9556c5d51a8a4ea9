import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configmaps, namespaces, secrets, serviceaccounts } from "../../../api/resources.ts";
import { World } from "../testing/world.ts";
import { serviceAccountController } from "./default_account.ts";
import { CaBundle } from "./ca_bundle.ts";
import { rootCaController } from "./root_ca.ts";
import { tokenSecretController } from "./token_secret.ts";

describe("serviceAccountController", () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.client.create(namespaces, { metadata: { name: "default" }, spec: {}, status: { phase: "Active" } });
  });

  afterEach(() => world.stop());

  it("gives each namespace its account and its authorities, and restores them", async () => {
    await world.start(serviceAccountController, (context) => rootCaController(context, new CaBundle("PEM")));
    await world.client.create(namespaces, { metadata: { name: "more" }, spec: {} });
    await world.settle();
    const namespacesOf = () => world.client.all(serviceaccounts).map(({ metadata }) => metadata.namespace);
    expect(namespacesOf()).toEqual(["default", "more"]);
    expect(world.client.all(configmaps).map(({ data }) => data)).toEqual([{ "ca.crt": "PEM" }, { "ca.crt": "PEM" }]);
    await world.client.delete(serviceaccounts, { namespace: "more", name: "default" });
    await world.client.delete(configmaps, { namespace: "more", name: "kube-root-ca.crt" });
    await world.client.patch(configmaps, { namespace: "default", name: "kube-root-ca.crt" }, {
      type: "merge",
      patch: { data: { "ca.crt": "forged" } },
    });
    await world.settle();
    expect(namespacesOf()).toEqual(["default", "more"]);
    expect(world.client.all(configmaps).map(({ data }) => data)).toEqual([{ "ca.crt": "PEM" }, { "ca.crt": "PEM" }]);
  });

  it("tells all namespaces and token Secrets of authorities that come later", async () => {
    const bundle = new CaBundle("PEM");
    await world.create(serviceaccounts, { metadata: { name: "robot" } });
    await world.create(secrets, {
      metadata: { name: "token", annotations: { "kubernetes.io/service-account.name": "robot" } },
      type: "kubernetes.io/service-account-token",
    });
    const tokenIssuer = { issueForSecret: () => Promise.resolve("TOKEN") };
    await world.start(
      (context) => rootCaController(context, bundle),
      (context) => tokenSecretController(context, { tokenIssuer, caBundle: bundle }),
    );
    bundle.replace("NEW");
    await world.settle();
    expect(world.client.all(configmaps).map(({ data }) => data)).toEqual([{ "ca.crt": "NEW" }]);
    expect(world.client.all(secrets).map(({ data }) => data?.["ca.crt"])).toEqual([btoa("NEW")]);
  });

  it("makes nothing in a namespace that is being deleted", async () => {
    await world.client.create(namespaces, { metadata: { name: "going" }, spec: {}, status: { phase: "Terminating" } });
    await world.start(serviceAccountController, (context) => rootCaController(context, new CaBundle("PEM")));
    expect(world.client.all(serviceaccounts)).toHaveLength(1);
  });

  it("fills token Secrets and deletes them with their account", async () => {
    const issued: unknown[] = [];
    const tokenIssuer = {
      issueForSecret(facts: unknown) {
        issued.push(facts);
        return Promise.resolve("TOKEN");
      },
    };
    const account = await world.create(serviceaccounts, { metadata: { name: "robot" } });
    const secret = (name: string) =>
      world.create(secrets, {
        metadata: { name, annotations: { "kubernetes.io/service-account.name": "robot" } },
        type: "kubernetes.io/service-account-token",
      });
    await secret("early");
    await world.start((context) => tokenSecretController(context, { tokenIssuer, caBundle: new CaBundle("PEM") }));
    expect(world.client.all(secrets)[0]?.data).toEqual({
      token: btoa("TOKEN"),
      "ca.crt": btoa("PEM"),
      namespace: btoa("default"),
    });
    expect(world.client.all(secrets)[0]?.metadata.annotations?.["kubernetes.io/service-account.uid"]).toBe(
      account.metadata.uid,
    );
    expect(issued).toEqual([{
      namespace: "default",
      serviceAccount: { name: "robot", uid: account.metadata.uid },
      secret: "early",
    }]);
    await world.client.delete(serviceaccounts, { namespace: "default", name: "robot" });
    await world.settle();
    expect(world.client.all(secrets)).toEqual([]);
  });
});
