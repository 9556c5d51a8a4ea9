import { describe, expect, it } from "vitest";
import { schema } from "../../api/schema/schema.ts";
import { parseManifest } from "./parse_manifest.ts";

const parse = (text: string) => parseManifest("/m/web.yaml", text, schema.resources());

describe("parseManifest", () => {
  it("puts namespaces and what others refer to first, and fills in the namespace", () => {
    const parsed = parse(`apiVersion: v1
kind: Pod
metadata: { name: p }
spec: { containers: [{ name: c, image: i }] }
---
apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: ConfigMap, metadata: { name: c, namespace: apps } }
- { apiVersion: v1, kind: Namespace, metadata: { name: apps } }
`);
    expect(parsed.map(({ resource, object }) => [resource.resource, object.metadata.namespace, object.metadata.name]))
      .toEqual([
        ["namespaces", undefined, "apps"],
        ["configmaps", "apps", "c"],
        ["pods", "default", "p"],
      ]);
  });

  const broken: readonly [string, string, RegExp][] = [
    ["syntax", "apiVersion: v1\nkind: [", /^\/m\/web\.yaml:2:\d+: /],
    [
      "unknown field",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndatum: {}\n",
      /^\/m\/web\.yaml:5:1: unknown field "datum"/,
    ],
    [
      "wrong type",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: [1]\n",
      /^\/m\/web\.yaml:6:\d+: .*data/,
    ],
    ["no kind", "apiVersion: v1\n", /^\/m\/web\.yaml:/],
    [
      "unknown kind",
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: x }\n",
      /knows no Thing of example\.com\/v1/,
    ],
    [
      "a fault in a List",
      "apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Namespace, metadata: { name: n } }\n",
      /metadata\.name: expected string, found boolean/,
    ],
    ["no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", /ConfigMap has no metadata\.name/],
  ];
  for (const [name, text, message] of broken) {
    it(`names the place of a fault: ${name}`, () => expect(() => parse(text)).toThrow(message));
  }
});
