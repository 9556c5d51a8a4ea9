import { describe, expect, it } from "vitest";
import type { PatchRequest } from "../contract.ts";
import { Edge } from "./testing/edge.ts";

const path = "/api/v1/namespaces/default/configmaps/a";
const headers = { "content-type": "application/apply-patch+yaml" };

async function edgeWithObject(): Promise<Edge> {
  const edge = await Edge.start();
  edge.put("configmaps", { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", namespace: "default" } });
  return edge;
}

function asked(edge: Edge): PatchRequest {
  return edge.registry.asked.at(-1)!.request as PatchRequest;
}

describe("the body of an apply", () => {
  it("is YAML or JSON, and comes as it is written", async () => {
    await using edge = await edgeWithObject();
    const wanted = { metadata: { name: "a", labels: {} }, data: { empty: "", none: null }, unknown: 1 };
    const yaml = 'metadata: {name: a, labels: {}}\ndata:\n  empty: ""\n  none: null\nunknown: 1\n';
    for (const body of [JSON.stringify(wanted), yaml, `  ${JSON.stringify(wanted)} # and a comment`]) {
      const answer = await edge.fetch(`${path}?fieldManager=me&force=true`, { method: "PATCH", headers, body });
      expect([body, answer.code]).toEqual([body, 200]);
      expect(asked(edge)).toMatchObject({ type: "apply", options: { fieldManager: "me", force: true } });
      expect(asked(edge).patch).toEqual(wanted);
    }
  });

  it("is refused when it is no YAML, or no object", async () => {
    await using edge = await edgeWithObject();
    for (const body of ["a: [", "text", "[]", "&a [*a]"]) {
      const answer = await edge.fetch(`${path}?fieldManager=me`, { method: "PATCH", headers, body });
      expect([body, answer.json.message.startsWith("error decoding YAML: "), answer.code]).toEqual([body, true, 400]);
    }
  });

  it("is the first document, if there is any", async () => {
    await using edge = await edgeWithObject();
    for (const [body, wanted] of [["a: 1\n---\nb: 2\n", { a: 1 }], ["", null]] as const) {
      await edge.fetch(`${path}?fieldManager=me`, { method: "PATCH", headers, body });
      expect(asked(edge).patch).toEqual(wanted);
    }
  });

  it("has no field twice, unless nobody minds", async () => {
    await using edge = await edgeWithObject();
    for (const [body, line] of [['{"data":{"x":"1","x":"2"}}', 1], ["data:\n  x: '1'\n  x: '2'\n", 3]] as const) {
      const apply = (validation: string) =>
        edge.fetch(`${path}?fieldManager=me&fieldValidation=${validation}`, { method: "PATCH", headers, body });
      const strict = await apply("Strict");
      const message =
        `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line ${line}: key "x" already set in map`;
      expect(strict.json).toMatchObject({ code: 400, message });
      expect((await apply("Warn")).headers["warning"]).toContain(`line ${line}: key \\"x\\" already set in map`);
      expect((await apply("Ignore")).headers["warning"]).toBe(undefined);
      expect(asked(edge).patch).toEqual({ data: { x: "2" } });
    }
  });
});

describe("the options of an apply", () => {
  const cases: [what: string, query: string, type: string, message: string][] = [
    [
      "no manager",
      "",
      "application/apply-patch+yaml",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      "force of another patch",
      "?force=true",
      "application/merge-patch+json",
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ],
    [
      "a long manager",
      `?fieldManager=${"x".repeat(129)}`,
      "application/apply-patch+yaml",
      "fieldManager: Too long: may not be more than 128 bytes",
    ],
    [
      "an unprintable manager",
      "?fieldManager=a%0Ab",
      "application/merge-patch+json",
      'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
  ];
  for (const [what, query, type, message] of cases) {
    it(`are refused for ${what}`, async () => {
      await using edge = await edgeWithObject();
      const answer = await edge.fetch(`${path}${query}`, {
        method: "PATCH",
        headers: { "content-type": type },
        body: "{}",
      });
      expect([answer.code, answer.json.message.includes(message), answer.json.message]).toEqual([
        422,
        true,
        answer.json.message,
      ]);
    });
  }

  it("name the program where they name no manager", async () => {
    await using edge = await edgeWithObject();
    const type = { "content-type": "application/merge-patch+json" };
    await edge.fetch(path, {
      method: "PATCH",
      headers: { ...type, "user-agent": "kubectl/v1.36 (linux)" },
      body: "{}",
    });
    expect(asked(edge).options.fieldManager).toBe("kubectl");
  });
});

describe("an apply that creates", () => {
  it("needs the right to create, too", async () => {
    const decisions: string[] = [];
    await using edge = await Edge.start({
      authorizer: {
        authorize: ({ verb, resource }) => {
          decisions.push(`${verb} ${resource?.resource} ${resource?.name}`);
          return { allowed: verb === "patch" };
        },
      },
    });
    edge.put("configmaps", { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", namespace: "default" } });
    await edge.fetch(`${path}?fieldManager=me`, { method: "PATCH", headers, body: "{}" });
    await expect(asked(edge).mayCreate!()).rejects.toThrow("cannot create resource");
    expect(decisions).toEqual(["patch configmaps a", "create configmaps a"]);
  });
});
