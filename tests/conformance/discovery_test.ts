import { describe, expect, it } from "vitest";
import { selfsubjectaccessreviews } from "../../api/resources.ts";
import { pathOf, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

interface Version {
  readonly groupVersion: string;
  readonly version: string;
}

interface Group {
  readonly name: string;
  readonly versions: readonly Version[];
  readonly preferredVersion: Version;
}

describe("discovery", () => {
  const api = sharedApi();
  const groups = async (): Promise<Group[]> => (await api().call("GET", "/apis")).json.groups;

  it("prefers one of the versions of each group", async () => {
    for (const { name, versions, preferredVersion } of await groups()) {
      expect(preferredVersion.groupVersion).toBe(`${name}/${preferredVersion.version}`);
      expect(versions).toContainEqual(preferredVersion);
      const { json } = await api().call("GET", `/apis/${name}`);
      expect(json).toMatchObject({ kind: "APIGroup", name, versions, preferredVersion });
    }
  });

  it("leads from each group to its versions and their resources", async () => {
    const found: string[] = [];
    for (const { versions } of await groups()) {
      for (const { groupVersion } of versions) {
        const { json } = await api().call("GET", `/apis/${groupVersion}`);
        expect(json).toMatchObject({ kind: "APIResourceList", groupVersion });
        for (const { name } of json.resources) found.push(`${groupVersion}/${name}`);
      }
    }
    expect(found).toEqual(expect.arrayContaining([
      "apps/v1/deployments",
      "apps/v1/deployments/status",
      "batch/v1/cronjobs",
      "certificates.k8s.io/v1/certificatesigningrequests/approval",
      "flowcontrol.apiserver.k8s.io/v1/flowschemas",
      "rbac.authorization.k8s.io/v1/clusterroles",
      "resource.k8s.io/v1/resourceclaims",
    ]));
  });

  it("tells all of it in one document to those who ask for that", async () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    for (
      const [path, group, resource] of [["/api", "", "pods"], ["/apis", "apps", "deployments"]] as const
    ) {
      const { headers, json } = await api().call("GET", path, { headers: { accept: `${accept},application/json` } });
      expect(headers["content-type"]).toBe(accept);
      expect(json.kind).toBe("APIGroupDiscoveryList");
      const item = json.items.find(({ metadata }: { metadata: { name?: string } }) => (metadata.name ?? "") === group);
      const names = item.versions[0].resources.map(({ resource }: { resource: string }) => resource);
      expect(names).toContain(resource);
      // And in the old words to all others.
      const plain = await api().call("GET", path);
      expect([plain.headers["content-type"], plain.json.kind]).toEqual([
        "application/json",
        path === "/api" ? "APIVersions" : "APIGroupList",
      ]);
    }
  });

  it("tells the server's version, its numbers whole", async () => {
    const { json } = await api().call("GET", "/version");
    expect([json.major, json.minor]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
    expect(json.gitVersion).toContain(`v${json.major}.${json.minor}.`);
  });

  it("answers 406 to who asks for a table where there is none", async () => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const spec = { nonResourceAttributes: { path: "/", verb: "get" } };
    const path = pathOf(selfsubjectaccessreviews, "");
    const body = typed(selfsubjectaccessreviews, { spec });
    const refused = await api().call("POST", path, { headers: { accept }, body });
    expect([refused.code, refused.json.reason]).toEqual([406, "NotAcceptable"]);
    const second = await api().call("POST", path, { headers: { accept: `${accept},application/json` }, body });
    expect([second.code, second.json.status.allowed]).toEqual([201, true]);
  });
});
