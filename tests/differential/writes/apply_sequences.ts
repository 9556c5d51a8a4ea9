import { data, inSpec, map, rollout, small } from "./apply_objects.ts";
import {
  apply,
  configMap,
  configMaps,
  deployment,
  get,
  NAME,
  node,
  nodes,
  patch,
  pod,
  pods,
  post,
  put,
  type Script,
  service,
  services,
  UID,
  VERSION,
} from "./script.ts";

const step = (manager: string, body: unknown, more = "") => apply(map, manager, body, more);
const on = (manager: string, body: unknown, more = "") => apply(rollout, manager, body, more);
const managed = (rest: object) => ({ metadata: { managedFields: [rest] } });

const scaleTo = (replicas: unknown) => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: NAME },
  spec: { replicas },
});

/** Applies that build on one another: conflicts, hand-overs, what is given up. */
export const applySequences: readonly Script[] = [
  {
    of: "apply/conflicts",
    steps: [
      step("a", data({ a: "1", b: "1", c: "1" }, { labels: { x: "1" } })),
      step("b", data({ a: "2" })),
      step("b", data({ a: "1" })),
      step("b", data({ a: "2" })),
      step("b", data({ a: "2", b: "2", c: "2" }, { labels: { x: "2" } })),
      step("c", data({ a: "3", b: "3" })),
      step("c", data({ a: "3", b: "3" }), "&force=false"),
      step("c", data({ a: "3", b: "3" }), "&force=true"),
      step("a", data({ c: "1" })),
      step("b", data({ a: "4" })),
      step("b", configMap({})),
      patch("merge", `${map}?fieldManager=u`, { data: { a: "5", d: "5" } }),
      step("c", data({ a: "6", b: "6", d: "6" })),
      step("c", data({ a: "5", b: "6", d: "5" })),
      step("c", data({ b: "6" })),
      put(`${map}?fieldManager=v`, data({ a: "7", b: "7" })),
      step("c", data({ b: "8" })),
      step("a", data({ a: "9", b: "9" })),
      step("a", data({ a: "9", b: "9" }), "&force=1"),
      step("a", data({ a: "9", b: "9" }), "&force=wrong"),
      get(map),
    ],
  },
  {
    of: "apply/of kubectl",
    steps: [
      post(
        `${configMaps}?fieldManager=kubectl-client-side-apply`,
        data({ a: "1", b: "1" }, {
          annotations: {
            "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
              apiVersion: "v1",
              kind: "ConfigMap",
              metadata: { annotations: {}, name: "x", namespace: "diff" },
              data: { a: "1", b: "1" },
            }),
          },
        }),
      ),
      step("kubectl", data({ a: "2", b: "1" })),
      step("kubectl", data({ a: "3" })),
      step("other", data({ b: "4" })),
      step("kubectl", data({ a: "3", b: "5" })),
      patch("merge", `${map}?fieldManager=kubectl-edit`, { data: { a: "7" } }),
      step("kubectl", data({ a: "8" })),
      step("kubectl", data({ a: "8" }), "&force=true"),
      step(
        "kubectl",
        data({ a: "9" }, { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "wrong" } }),
      ),
      step("kubectl", data({ a: "9" }, { annotations: { x: "y" } })),
      patch("merge", `${map}?fieldManager=kubectl-edit`, {
        metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{" } },
      }),
      patch("merge", `${map}?fieldManager=kubectl-edit`, { data: { a: "10" } }),
      step("kubectl", data({ a: "11" })),
      get(map),
    ],
  },
  {
    of: "apply/untracked",
    steps: [
      post(configMaps, data({ a: "1", b: "1" })),
      patch("merge", map, { metadata: { managedFields: [{}] } }),
      get(map),
      patch("merge", map, { data: { c: "1" } }),
      step("a", data({ a: "2" })),
      step("a", data({ a: "2" }), "&force=true"),
      patch("merge", map, { metadata: { managedFields: [] } }),
      step("a", data({ a: "1" })),
      put(map, data({ z: "1" }, { managedFields: [] })),
      put(map, data({ z: "1" })),
      step("a", data({ z: "1", y: "1" })),
      get(map),
    ],
  },
  {
    of: "apply/own managedFields",
    steps: [
      step("a", data({ a: "1", b: "1" })),
      patch(
        "merge",
        map,
        managed({
          manager: "b",
          operation: "Apply",
          apiVersion: "v1",
          fieldsType: "FieldsV1",
          fieldsV1: { "f:data": { "f:a": {} } },
        }),
      ),
      step("b", data({ b: "1" })),
      step("c", data({ b: "3" })),
      patch(
        "merge",
        map,
        managed({
          manager: "b",
          operation: "Apply",
          apiVersion: "v9",
          fieldsType: "FieldsV1",
          fieldsV1: { "f:data": { "f:a": {} } },
        }),
      ),
      step("c", data({ a: "3", c: "5" }), "&force=true"),
      patch(
        "merge",
        map,
        managed({
          manager: "b",
          operation: "Update",
          apiVersion: "v1",
          fieldsType: "FieldsV1",
          fieldsV1: { "f:data": { "f:none": {}, ".": {} } },
        }),
      ),
      step("c", data({ a: "3", none: "5" })),
      patch(
        "merge",
        map,
        managed({
          manager: "b",
          operation: "Update",
          apiVersion: "apps/v1",
          fieldsType: "FieldsV1",
          fieldsV1: { "f:spec": {} },
        }),
      ),
      step("c", data({ a: "3", none: "6" })),
      put(map, data({ q: "1" }, { managedFields: [{ manager: "b", operation: "Wrong" }] })),
      post(
        configMaps,
        data({ a: "1" }, {
          name: `${NAME}-2`,
          managedFields: [{
            manager: "z",
            operation: "Update",
            apiVersion: "v1",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:x": {} },
          }],
        }),
      ),
      post(configMaps, data({ a: "1" }, { name: `${NAME}-3`, managedFields: [{}] })),
      post(configMaps, data({ a: "1" }, { name: `${NAME}-4`, managedFields: [] })),
      post(
        configMaps,
        data({ a: "1" }, { name: `${NAME}-5`, managedFields: [{ manager: "x".repeat(129), operation: "Wrong" }] }),
      ),
      get(map),
    ],
  },
  {
    of: "apply/versions",
    steps: [
      step("a", data({ a: "1" }, { resourceVersion: "1" })),
      step("a", data({ a: "1" }, { uid: UID })),
      step("a", data({ a: "1" })),
      step("b", data({ b: "1" }, { resourceVersion: VERSION })),
      step("b", data({ b: "2" }, { resourceVersion: "1" })),
      step("b", data({ b: "2" }, { uid: UID })),
      step("b", data({ b: "3" }, { uid: "other" })),
      step("b", data({ b: "3" }, { uid: UID, resourceVersion: VERSION })),
      get(map),
    ],
  },
  {
    of: "apply/rollout",
    steps: [
      on("a", deployment()),
      on("b", inSpec({ containers: [{ name: "main", image: "other" }] })),
      on("b", inSpec({ containers: [{ name: "main", env: [{ name: "C", value: "3" }] }] })),
      on("b", inSpec({ containers: [{ name: "third", image: "third" }] })),
      on(
        "b",
        inSpec({
          containers: [{ name: "main", image: "other", env: [{ name: "A", value: "9" }] }, {
            name: "side",
            image: "other",
          }],
        }),
      ),
      on(
        "b",
        inSpec({
          containers: [{ name: "main", image: "other", env: [{ name: "A", value: "9" }] }, {
            name: "side",
            image: "other",
          }],
        }),
        "&force=true",
      ),
      put(`${rollout}/scale?fieldManager=s`, {
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name: NAME, namespace: "diff" },
        spec: { replicas: 5 },
      }),
      on("a", deployment()),
      on("a", deployment({ replicas: 5 })),
      on("a", deployment(), "&force=true"),
      patch("strategic", `${rollout}?fieldManager=u`, {
        spec: { template: { spec: { containers: [{ name: "main", $patch: "delete" }] } } },
      }),
      on("a", inSpec({ containers: [{ name: "side", image: "x" }] })),
      on("b", small({ replicas: 7 })),
      on("a", inSpec({ tolerations: [] })),
      on("s", { ...small({}), status: { replicas: 3, conditions: [{ type: "A", status: "True" }] } }),
      apply(`${rollout}/status`, "s", {
        ...small({}),
        status: { replicas: 3, conditions: [{ type: "A", status: "True" }] },
      }),
      apply(`${rollout}/status`, "t", { ...small({ replicas: 99 }), status: { replicas: 4 } }),
      apply(`${rollout}/status`, "t", {
        ...small({ replicas: 99 }),
        status: { replicas: 4, conditions: [{ type: "A", status: "True" }, { type: "A", status: "False" }] },
      }),
      patch("merge", `${rollout}/status?fieldManager=m`, {
        status: { observedGeneration: 2 },
        metadata: { labels: { a: "b" } },
      }),
      apply(`${rollout}/scale`, "t", scaleTo(8)),
      apply(`${rollout}/scale`, "t", scaleTo(8), "&force=true"),
      apply(`${rollout}/scale`, "t", {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: NAME },
        spec: { replicas: 8 },
      }),
      apply(`${rollout}/scale`, "t", scaleTo("8")),
      on("a", deployment({ replicas: 4 })),
      get(rollout),
    ],
  },
  {
    of: "apply/services",
    steps: [
      apply(`${services}/${NAME}`, "a", service()),
      apply(`${services}/${NAME}`, "b", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: NAME },
        spec: { ports: [{ port: 80, protocol: "TCP", targetPort: 8 }] },
      }),
      apply(`${services}/${NAME}`, "b", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: NAME },
        spec: { ports: [{ port: 80, targetPort: 8 }] },
      }),
      apply(`${services}/${NAME}`, "b", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: NAME },
        spec: { ports: [{ port: 90, name: "n" }, { port: 90, name: "m" }] },
      }),
      apply(`${services}/${NAME}`, "b", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: NAME },
        spec: { selector: { b: "c" } },
      }),
      apply(`${services}/${NAME}`, "b", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: NAME },
        spec: { selector: { app: "c" } },
      }),
      apply(`${services}/${NAME}`, "b", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: NAME },
        spec: { selector: { app: "c" } },
      }, "&force=true"),
      apply(`${services}/${NAME}`, "a", service()),
      put(`${services}/${NAME}?fieldManager=u`, service({ ports: [{ name: "a", port: 80 }] })),
      apply(`${services}/${NAME}`, "a", service()),
      get(`${services}/${NAME}`),
    ],
  },
  {
    of: "apply/pods",
    steps: [
      apply(`${pods}/${NAME}`, "a", pod()),
      apply(`${pods}/${NAME}`, "a", pod({ hostNetwork: true })),
      apply(`${pods}/${NAME}`, "b", pod({ containers: [{ name: "main", image: "other" }] })),
      apply(`${pods}/${NAME}`, "b", pod({ containers: [{ name: "main", image: "other" }] }), "&force=true"),
      apply(`${pods}/${NAME}/status`, "k", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: NAME },
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
      }),
      apply(`${pods}/${NAME}/ephemeralcontainers`, "k", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: NAME },
        spec: { ephemeralContainers: [{ name: "debug", image: "x" }] },
      }),
      apply(`${pods}/${NAME}/resize`, "k", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: NAME },
        spec: { containers: [{ name: "main", resources: { requests: { cpu: "1" } } }] },
      }),
      get(`${pods}/${NAME}`),
    ],
  },
  {
    of: "apply/nodes",
    steps: [
      apply(`${nodes}/${NAME}`, "a", node({ spec: { taints: [{ key: "a", effect: "NoSchedule" }] } })),
      apply(`${nodes}/${NAME}`, "b", node({ spec: { taints: [{ key: "b", effect: "NoSchedule" }] } })),
      apply(`${nodes}/${NAME}`, "b", node({ spec: { podCIDRs: ["10.0.0.0/24"] } })),
      apply(
        `${nodes}/${NAME}/status`,
        "k",
        node({
          status: { conditions: [{ type: "Ready", status: "True" }], addresses: [{ type: "Hostname", address: "a" }] },
        }),
      ),
      apply(
        `${nodes}/${NAME}/status`,
        "l",
        node({
          status: { conditions: [{ type: "Ready", status: "False" }], addresses: [{ type: "Hostname", address: "b" }] },
        }),
      ),
      get(`${nodes}/${NAME}`),
    ],
  },
  {
    of: "apply/many updaters",
    steps: [
      post(`${configMaps}?fieldManager=m00`, data({ a: "0" })),
      ...Array.from(
        { length: 13 },
        (_, i) =>
          patch("merge", `${map}?fieldManager=m${String(i + 1).padStart(2, "0")}`, { data: { [`k${i}`]: "x" } }),
      ),
      step("a", data({ k0: "y", k5: "y", a: "z" })),
      get(map),
    ],
  },
  {
    of: "apply/managers",
    steps: [
      patch("apply", map, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=${"x".repeat(128)}`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=${"x".repeat(129)}`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=a%0Ab`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=a%00b`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=%C3%A4`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=${"%C3%A4".repeat(70)}`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=%F0%9F%98%80%E2%80%8B`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=%FF`, data({ a: "1" })),
      patch("apply", `${map}?fieldManager=a&fieldManager=b&force=true`, data({ a: "1" })),
      patch("merge", `${map}?fieldManager=${"x".repeat(129)}`, {}),
      patch("merge", `${map}?force=true`, {}),
      patch("merge", `${map}?force=false`, {}),
      patch("merge", `${map}?force=`, {}),
      patch("merge", `${map}?force=wrong`, {}),
      post(`${configMaps}?fieldManager=${"x".repeat(129)}`, data({ a: "1" })),
      put(`${map}?fieldManager=a%0Ab`, data({ a: "1" })),
      {
        ...patch("merge", map, { data: { z: "1" } }),
        headers: { "content-type": "application/merge-patch+json", "user-agent": "kubectl/v1.36 (linux/amd64)" },
      },
      {
        ...patch("merge", map, { data: { y: "1" } }),
        headers: { "content-type": "application/merge-patch+json", "user-agent": "x".repeat(200) },
      },
      {
        ...patch("merge", map, { data: { x: "1" } }),
        headers: { "content-type": "application/merge-patch+json", "user-agent": "" },
      },
      {
        ...patch("merge", map, { data: { w: "1" } }),
        headers: { "content-type": "application/merge-patch+json", "user-agent": "a\tb/c" },
      },
    ],
  },
];
