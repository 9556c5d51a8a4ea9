import {
  asked,
  configMap,
  configMaps,
  deployment,
  deployments,
  get,
  NAME,
  patch,
  post,
  put,
  remove,
  type Script,
} from "./script.ts";

const map = `${configMaps}/${NAME}`;

/** Of every verb, right and wrong. */
const values: readonly string[] = [
  "dryRun=All",
  "dryRun=None",
  "dryRun=",
  "dryRun=all",
  "dryRun=All&dryRun=All",
  "dryRun=All&dryRun=None",
  "dryRun=All&dryRun=",
  "dryRun=&dryRun=",
  "dryRun=true",
  "dryRun",
  "dryRun=All&fieldValidation=Strict",
  "dryRun=All&fieldValidation=Warn",
  "dryRun=All&fieldValidation=Ignore",
  "dryRun=All&fieldValidation=",
  "dryRun=All&fieldValidation=strict",
  "dryRun=All&fieldValidation=None",
  "dryRun=All&fieldValidation=Strict&fieldValidation=Warn",
  "dryRun=None&fieldValidation=None&fieldManager=a%0Ab",
  "dryRun=All&pretty=true",
  "dryRun=All&unknown=1",
  "dryRun=All&timeout=5s",
  "dryRun=All&timeout=wrong",
  "dryRun=All&timeout=-5s",
  "dryRun=All&timeout=0s",
  "dryRun=All&fieldManager=x",
];

const deleteValues: readonly string[] = [
  ...values,
  "dryRun=All&gracePeriodSeconds=0",
  "dryRun=All&gracePeriodSeconds=-5",
  "dryRun=All&gracePeriodSeconds=wrong",
  "dryRun=All&gracePeriodSeconds=1.5",
  "dryRun=All&gracePeriodSeconds=",
  "dryRun=All&gracePeriodSeconds=99999999999999999999",
  "dryRun=All&gracePeriodSeconds=1&gracePeriodSeconds=2",
  "dryRun=All&propagationPolicy=Orphan",
  "dryRun=All&propagationPolicy=Background",
  "dryRun=All&propagationPolicy=Foreground",
  "dryRun=All&propagationPolicy=foreground",
  "dryRun=All&propagationPolicy=",
  "dryRun=All&propagationPolicy=Wrong",
  "dryRun=All&orphanDependents=true",
  "dryRun=All&orphanDependents=false",
  "dryRun=All&orphanDependents=wrong",
  "dryRun=All&orphanDependents=",
  "dryRun=All&orphanDependents",
  "dryRun=All&orphanDependents=true&propagationPolicy=Orphan",
  "dryRun=All&orphanDependents=true&propagationPolicy=Wrong",
  "dryRun=All&ignoreStoreReadErrorWithClusterBreakingPotential=true",
  "dryRun=All&ignoreStoreReadErrorWithClusterBreakingPotential=false",
  "dryRun=All&ignoreStoreReadErrorWithClusterBreakingPotential=true&gracePeriodSeconds=5",
  "dryRun=All&preconditions=x",
];

/** With a field twice, unknown fields at several depths, and those at once. */
const UNKNOWN =
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name","other":1},"data":{"a":"1"},"unknown":{"deep":{"x":1}}}';
const DOUBLED =
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"own-name"},"data":{"a":"1","a":"2"},"data":{"b":"2"}}';
const BOTH =
  '{"apiVersion":"v1","kind":"ConfigMap","kind":"ConfigMap","metadata":{"name":"own-name","name":"own-name","other":1},"data":{"a":"1","a":"2"},"unknown":1,"unknown":2}';
const CASE =
  '{"apiVersion":"v1","Kind":"ConfigMap","kind":"ConfigMap","Metadata":{"name":"own-name"},"metadata":{"name":"own-name"},"Data":{"a":"1"}}';
const UNKNOWN_YAML =
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name, other: 1}\ndata: {a: '1'}\nunknown: {deep: {x: 1}}\n";
const DOUBLED_YAML =
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own-name}\ndata: {a: '1', a: '2'}\ndata: {b: '2'}\n";
const BOTH_YAML =
  "apiVersion: v1\nkind: ConfigMap\nkind: ConfigMap\nmetadata: {name: own-name, other: 1}\ndata: {a: '1', a: '2'}\nunknown: 1\n";
const texts: readonly [string, string][] = [
  ...[UNKNOWN, DOUBLED, BOTH, CASE].map((text): [string, string] => [text, "application/json"]),
  ...[UNKNOWN_YAML, DOUBLED_YAML, BOTH_YAML].map((text): [string, string] => [text, "application/yaml"]),
];

const deep = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: NAME, unknown: 1 },
  spec: {
    ...(deployment() as { spec: object }).spec,
    unknown: [1],
    template: {
      metadata: { labels: { app: "a" }, x: {} },
      spec: {
        containers: [{
          name: "main",
          image: "i",
          foo: 1,
          ports: [{ containerPort: 1, bar: 2 }],
          resources: { limit: {} },
        }],
        restartPolicyy: "x",
      },
    },
  },
};

const validations = ["Ignore", "Warn", "Strict"];

export const queries: readonly Script[] = [
  {
    of: "query/create",
    steps: values.map((query) =>
      post(asked(configMaps, query), configMap({}, { name: `${NAME}-${values.indexOf(query)}` }))
    ),
  },
  {
    of: "query/update",
    steps: [
      post(configMaps, configMap()),
      ...values.map((query) => put(asked(map, query), configMap({ data: { b: query } }))),
    ],
  },
  {
    of: "query/patch",
    steps: [
      post(configMaps, configMap()),
      ...values.map((query) => patch("merge", asked(map, query), { data: { b: query } })),
    ],
  },
  {
    of: "query/delete",
    steps: deleteValues.flatMap((query) => [post(configMaps, configMap()), remove(asked(map, query))]),
  },
  {
    of: "query/deletecollection",
    steps: [
      post(configMaps, configMap({}, { labels: { own: NAME } })),
      ...deleteValues.map((query) => remove(asked(configMaps, `${query}&labelSelector=own%3D${NAME}`))),
    ],
  },
  {
    of: "query/get",
    steps: [
      post(configMaps, configMap()),
      get(`${map}?pretty=true`),
      get(`${map}?dryRun=All`),
      get(`${map}?unknown=1`),
      get(`${map}?timeout=wrong`),
    ],
  },
  {
    of: "fieldValidation/create",
    steps: validations.flatMap((validation) =>
      texts.map(([text, type]) =>
        post(`${configMaps}?dryRun=All&fieldValidation=${validation}`, text, { "content-type": type })
      )
    ),
  },
  {
    of: "fieldValidation/update",
    steps: [
      post(configMaps, configMap()),
      ...validations.flatMap((validation) =>
        texts.map(([text, type]) =>
          put(`${map}?dryRun=All&fieldValidation=${validation}`, text, { "content-type": type })
        )
      ),
    ],
  },
  {
    of: "fieldValidation/patch",
    steps: [
      post(configMaps, configMap()),
      ...validations.flatMap((validation) =>
        (["merge", "strategic", "apply"] as const).flatMap((type) =>
          [UNKNOWN, DOUBLED, BOTH, CASE].map((text) =>
            patch(
              type,
              `${map}?dryRun=All&fieldManager=a&force=true&fieldValidation=${validation}`.replace(
                type === "apply" ? "" : "&force=true",
                "",
              ),
              text,
            )
          )
        )
      ),
      ...validations.flatMap((validation) =>
        [UNKNOWN_YAML, DOUBLED_YAML, BOTH_YAML].map((text) =>
          patch("apply", `${map}?dryRun=All&fieldManager=a&force=true&fieldValidation=${validation}`, text)
        )
      ),
      ...validations.map((validation) =>
        patch(
          "json",
          `${map}?dryRun=All&fieldValidation=${validation}`,
          '[{"op":"add","path":"/unknown","value":{"a":1,"a":2}},{"op":"add","path":"/data/a","path":"/data/b","value":"1"}]',
        )
      ),
    ],
  },
  {
    of: "fieldValidation/deployments",
    steps: [
      ...validations.map((validation) => post(`${deployments}?dryRun=All&fieldValidation=${validation}`, deep)),
      post(deployments, deployment()),
      ...validations.map((validation) => put(`${deployments}/${NAME}?dryRun=All&fieldValidation=${validation}`, deep)),
      ...validations.map((validation) =>
        patch("merge", `${deployments}/${NAME}?dryRun=All&fieldValidation=${validation}`, deep)
      ),
      ...validations.map((validation) =>
        patch("strategic", `${deployments}/${NAME}?dryRun=All&fieldValidation=${validation}`, deep)
      ),
      ...validations.map((validation) =>
        patch(
          "apply",
          `${deployments}/${NAME}?dryRun=All&force=true&fieldManager=a&fieldValidation=${validation}`,
          deep,
        )
      ),
    ],
  },
];
