import { expect, it } from "vitest";
import { schema } from "../../../../api/schema/schema.ts";
import { pathsAt } from "./discovery.ts";
import { placesOf } from "./places.ts";

const places = placesOf(schema.resources());

it("knows a document of what there is, of each group and of each version", () => {
  expect([...places.keys()].filter((place) => /^(api|apis\/autoscaling)(\/|$)/.test(place)).toSorted())
    .toEqual(["api", "api/v1", "apis/autoscaling", "apis/autoscaling/v1", "apis/autoscaling/v2"]);
  expect(places.get("apis")!.length).toBe(schema.resources().filter(({ group }) => group !== "").length);
});

it("tells in each document how to discover what it is about", () => {
  const rows: readonly (readonly [place: string, path: string, id: string, tag: string, answer: string])[] = [
    ["api", "/api/", "getCoreAPIVersions", "core", "versions"],
    ["apis", "/apis/", "getAPIVersions", "apis", "groups"],
    [
      "apis/rbac.authorization.k8s.io",
      "/apis/rbac.authorization.k8s.io/",
      "getRbacAuthorizationAPIGroup",
      "rbacAuthorization",
      "group",
    ],
    ["apis/apps/v1", "/apis/apps/v1/", "getAppsV1APIResources", "apps_v1", "resources"],
    ["api/v1", "/api/v1/", "getCoreV1APIResources", "core_v1", "resources"],
  ];
  for (const [place, path, id, tag, answer] of rows) {
    const [first, second] = pathsAt(place, places.get(place)!, () => []);
    expect(first).toMatchObject({ path, operations: [{ method: "get", id, tag, answer }] });
    expect(second === undefined).toBe(answer !== "resources");
  }
});
