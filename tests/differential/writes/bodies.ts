import { encodeProtobuf } from "../../../api/codec/protobuf_encode.ts";
import type { Request } from "../sides.ts";
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  leases,
  NAME,
  namespaces,
  patch,
  pod,
  pods,
  post,
  put,
  remove,
  type Script,
} from "./script.ts";

const map = `${configMaps}/${NAME}`;
const CREATE = `${configMaps}?dryRun=All`;
const UPDATE = `${map}?dryRun=All`;

const contentTypes: readonly string[] = [
  "application/json",
  "application/json; charset=utf-8",
  "application/json;charset=latin1",
  "Application/JSON",
  "application/json;stream=watch",
  "application/yaml",
  "text/yaml",
  "text/plain",
  "text/json",
  "application/xml",
  "application/cbor",
  "application/vnd.kubernetes.protobuf",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/apply-patch+cbor",
  "application/merge-patch+json; charset=utf-8",
  "application/*",
  "*/*",
  "json",
  "application/",
  "/",
  ";",
  "",
  "application/json, application/yaml",
  "multipart/form-data",
];

/** Bodies that are no ConfigMap, as text. */
const texts: readonly string[] = [
  "",
  " ",
  "{}",
  "[]",
  "null",
  "true",
  "3",
  '"text"',
  "text",
  "{",
  "{]",
  '{"a":}',
  '{"a":1,}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"}} trailing',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"}}{}',
  '\uFEFF{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":"\\ud800"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":"\\x"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":"line\nbreak"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":"\\u0000"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":1}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":NaN}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":["a"]}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":"a"}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":"own-name"}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":["own-name"]}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":5}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","creationTimestamp":"yesterday"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","creationTimestamp":5}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","labels":{"a":5}}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","generation":"5"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","generation":5.5}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","generation":1e2}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","finalizers":"x"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"binaryData":{"a":"!"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"immutable":1}',
  '{"apiVersion":"v1","kind":"ConfigMap"}',
  '{"apiVersion":"v1","metadata":{"name":"own-name"}}',
  '{"kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"metadata":{"name":"own-name"}}',
  '{"apiVersion":"","kind":"","metadata":{"name":"own-name"}}',
  '{"apiVersion":null,"kind":null,"metadata":{"name":"own-name"}}',
  '{"apiVersion":1,"kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"apiVersion":"v1","kind":1,"metadata":{"name":"own-name"}}',
  '{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"apiVersion":"a/b/c","kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"apiVersion":"apps/v1","kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"apiVersion":"none.io/v1","kind":"ConfigMap","metadata":{"name":"own-name"}}',
  '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"own-name"}}',
  '{"apiVersion":"v1","kind":"Unknown","metadata":{"name":"own-name"}}',
  '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"own-name"}}',
  '{"apiVersion":"v1","kind":"List","items":[]}',
  '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"}}]}',
  '{"apiVersion":"v1","kind":"ConfigMapList","items":[]}',
  '{"apiVersion":"v1","kind":"Status","status":"Success"}',
  '{"apiVersion":"v1","kind":"DeleteOptions"}',
  '{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":{"name":"own-name"}}',
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"x":${"[".repeat(11_000)}${
    "]".repeat(11_000)
  }}`,
];

const yamls: readonly string[] = [
  "",
  "a",
  "a: [",
  "- a",
  "a: b: c",
  "\ta: b",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\n",
  "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\n---\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 5}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\ndata: {a: 1, b: true, c: yes, d: 1.5, e: ~}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\ndata: {1: a, true: b}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\ndata: {a: 2020-01-01, b: 0x10, c: '0o7', d: !!str 5}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: own-name}\nother: *m\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: *m\n",
  "apiVersion: v1\nkind: Secret\nmetadata: {name: own-name}\n",
  "metadata: {name: own-name}\n",
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"}}',
];

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part));

const yaml = { "content-type": "application/yaml" };
const protobuf = { "content-type": "application/vnd.kubernetes.protobuf" };

const named = (name: string, rest: object) => ({ ...rest, apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
const encoded = (object: object) => encodeProtobuf(object as Parameters<typeof encodeProtobuf>[0]);
const truncated = encoded(named("proto", { data: { a: "1" } })).slice(0, -3);

const protobufs: readonly Uint8Array[] = [
  encoded(named("proto", { data: { a: "1" } })),
  encoded(named("Wrong Name", { data: { a: "1" } })),
  encoded({ apiVersion: "v1", kind: "Secret", metadata: { name: "proto" } }),
  truncated,
  bytes("k8s\0"),
  bytes("k8s"),
  bytes("text"),
  bytes("{}"),
  bytes([]),
  bytes("k8s\0", [0x0a, 0x00, 0x12, 0x00]),
  bytes("k8s\0", [0x0a, 0x0f, 0x0a, 0x02], "v1", [0x12, 0x09], "ConfigMap", [0x12, 0x02, 0xff, 0xff]),
];

const large = (size: number): Request => post(CREATE, configMap({ data: { a: "x".repeat(size) } }));

export const bodies: readonly Script[] = [
  { of: "contentType/create", steps: contentTypes.map((type) => post(CREATE, configMap(), { "content-type": type })) },
  {
    of: "contentType/update",
    steps: [
      post(configMaps, configMap()),
      ...contentTypes.map((type) => put(UPDATE, configMap(), { "content-type": type })),
    ],
  },
  {
    of: "contentType/patch",
    steps: [
      post(configMaps, configMap()),
      ...contentTypes.map((type): Request => ({
        method: "PATCH",
        path: UPDATE,
        body: { data: { b: "1" } },
        headers: { "content-type": type },
      })),
    ],
  },
  {
    of: "contentType/delete",
    steps: contentTypes.flatMap((
      type,
    ) => [post(configMaps, configMap()), {
      ...remove(UPDATE, { kind: "DeleteOptions", apiVersion: "v1" }),
      headers: { "content-type": type },
    }]),
  },
  { of: "body/json", steps: texts.map((text) => post(CREATE, text)) },
  { of: "body/json update", steps: [post(configMaps, configMap()), ...texts.map((text) => put(UPDATE, text))] },
  { of: "body/yaml", steps: yamls.map((text) => post(CREATE, text, yaml)) },
  { of: "body/protobuf", steps: protobufs.map((body) => post(CREATE, body, protobuf)) },
  {
    of: "body/utf8",
    steps: [
      post(
        CREATE,
        bytes('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"utf"},"data":{"a":"', [0xff, 0xfe], '"}}'),
      ),
      post(CREATE, bytes('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"utf', [0xff], '"}}')),
      post(CREATE, bytes("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: utf}\ndata: {a: '", [0xff], "'}\n"), yaml),
      post(
        CREATE,
        bytes(
          '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"utf"},"data":{"a":"',
          [0xed, 0xa0, 0x80],
          '"}}',
        ),
      ),
    ],
  },
  {
    of: "body/size",
    steps: [large(1_048_000), large(1_048_577), large(3_145_600), large(3_145_800), large(4_000_000)],
  },
  {
    of: "body/no body",
    steps: [
      { method: "POST", path: CREATE },
      { method: "PUT", path: UPDATE },
      { method: "PATCH", path: UPDATE },
      { method: "POST", path: CREATE, headers: yaml },
      { method: "POST", path: CREATE, headers: protobuf },
      { method: "PATCH", path: UPDATE, headers: { "content-type": "application/merge-patch+json" } },
      { method: "PATCH", path: UPDATE, headers: { "content-type": "application/apply-patch+yaml" } },
    ],
  },
  {
    of: "body/other kinds",
    steps: [
      post(`${deployments}?dryRun=All`, configMap()),
      post(`${deployments}?dryRun=All`, { ...deployment(), apiVersion: "apps/v1beta1" }),
      post(`${deployments}?dryRun=All`, { ...deployment(), apiVersion: "extensions/v1beta1" }),
      post(`${pods}?dryRun=All`, deployment()),
      post(`${namespaces}?dryRun=All`, pod()),
      post(`${leases}?dryRun=All`, {
        apiVersion: "coordination.k8s.io/v1beta1",
        kind: "Lease",
        metadata: { name: NAME },
      }),
      post("/apis/autoscaling/v1/namespaces/diff/horizontalpodautoscalers?dryRun=All", {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: NAME },
        spec: { maxReplicas: 3, scaleTargetRef: { kind: "D", name: "d" } },
      }),
      post("/apis/autoscaling/v2/namespaces/diff/horizontalpodautoscalers?dryRun=All", {
        apiVersion: "autoscaling/v1",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: NAME },
        spec: { maxReplicas: 3, scaleTargetRef: { kind: "D", name: "d" } },
      }),
      patch("merge", `${configMaps}/none`, deployment()),
    ],
  },
];
