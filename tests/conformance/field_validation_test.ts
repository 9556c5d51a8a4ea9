import { describe, expect, it } from "vitest";
import { deployments } from "../../api/resources.ts";
import { pathOf } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

function deployment(name: string, { metadata = "", spec = "", template = "" }): string {
  return `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"${name}"${metadata}},"spec":{"replicas":2${spec},
    "selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}${template}},
    "spec":{"containers":[{"name":"c","image":"i"}]}}}}`;
}

describe("strict field validation", () => {
  const api = sharedApi();

  it("tells of unknown and of duplicate fields", async () => {
    const namespace = await api().namespace();
    const body = deployment("web", { spec: `,"unknown":1,"replicas":3` });
    const { code, json } = await api().call("POST", `${pathOf(deployments, namespace)}?fieldValidation=Strict`, {
      body,
    });
    expect([code, json.reason]).toEqual([400, "BadRequest"]);
    expect(json.message).toContain(
      `strict decoding error: unknown field "spec.unknown", duplicate field "spec.replicas"`,
    );
    const warned = await api().call("POST", `${pathOf(deployments, namespace)}?fieldValidation=Warn`, { body });
    expect([warned.code, warned.headers["warning"]]).toEqual([
      201,
      expect.stringContaining(`unknown field \\"spec.unknown\\"`),
    ]);
    const silent = await api().call("POST", `${pathOf(deployments, namespace)}?fieldValidation=Ignore`, {
      body: deployment("other", { spec: `,"unknown":1,"replicas":3` }),
    });
    expect([silent.code, silent.headers["warning"], silent.json.spec.replicas]).toEqual([201, undefined, 3]);
  });

  it("tells of unknown fields of the metadata, the object's own and its template's", async () => {
    const namespace = await api().namespace();
    const body = deployment("web", { metadata: `,"unknownMeta":1`, template: `,"unknownMeta":1` });
    for (const [type, path] of [["application/json", ""], ["application/apply-patch+yaml", "/web"]] as const) {
      const { code, json } = await api().call(
        path === "" ? "POST" : "PATCH",
        `${pathOf(deployments, namespace)}${path}?fieldValidation=Strict&fieldManager=test`,
        { body, headers: { "content-type": type } },
      );
      expect(code >= 400 && code < 500).toBe(true);
      expect(json.message).toContain("metadata.unknownMeta");
      expect(json.message).toContain("spec.template.metadata.unknownMeta");
    }
  });
});
