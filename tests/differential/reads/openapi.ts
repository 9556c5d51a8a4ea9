import { compareValues } from "../compare.ts";
import { ask, inParallel, type Section } from "../suite.ts";

type Json = Record<string, unknown>;

const PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** The documents of OpenAPI 2 and 3, one path and one definition after the other. */
export const openapi: Section = async ({ sides, report }, of) => {
  const fetch = async (path: string): Promise<[Json, Json]> => {
    const both = [sides.theirs, sides.ours].map(async (side) => {
      return JSON.parse((await side.send({ method: "GET", path })).text) as Json;
    });
    return await Promise.all(both) as [Json, Json];
  };
  const parts = (name: string, theirs: Json = {}, ours: Json = {}) => {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      const [a, b] = [theirs[key], ours[key]];
      const found = a === undefined || b === undefined
        ? [{ where: `${a ? "lacks" : "has"} ${key}`, theirs: a ? "present" : "absent", ours: b ? "present" : "absent" }]
        : compareValues(a, b);
      report.add(found, { of: `${of}/${name}`, what: key, sent: "" });
    }
  };
  const [theirs, ours] = await fetch("/openapi/v2");
  const rest = ({ paths: _p, definitions: _d, ...rest }: Json) => rest;
  report.add(compareValues(rest(theirs), rest(ours)), { of: `${of}/v2`, what: "document", sent: "" });
  parts("v2/paths", theirs["paths"] as Json, ours["paths"] as Json);
  parts("v2/definitions", theirs["definitions"] as Json, ours["definitions"] as Json);

  const indexes = await fetch("/openapi/v3");
  const [theirPaths, ourPaths] = indexes.map(({ paths }) => paths as Record<string, { serverRelativeURL: string }>);
  parts("v3/index", withoutHashes(theirPaths!), withoutHashes(ourPaths!));
  for (const place of Object.keys(theirPaths!)) {
    if (!ourPaths![place]) continue;
    const [theirs, ours] = await fetch(`/openapi/v3/${place}`);
    parts("v3/paths", theirs["paths"] as Json, ours["paths"] as Json);
    const schemas = (document: Json) => (document["components"] as Json)["schemas"] as Json;
    parts("v3/schemas", schemas(theirs), schemas(ours));
    const rest = ({ paths: _p, components: _c, ...rest }: Json) => rest;
    report.add(compareValues(rest(theirs), rest(ours)), { of: `${of}/v3`, what: place, sent: "" });
  }

  // What is asked of the documents themselves is compared by the headers alone, for they have been seen.
  const get = (path: string, headers: Record<string, string>) =>
    ask({ theirs: headOnly(sides.theirs), ours: headOnly(sides.ours) }, report, of, { method: "GET", path, headers });
  await inParallel([
    "*/*",
    "application/json",
    "application/yaml",
    "text/html",
    PROTOBUF,
    PROTOBUF.replace("@v1.0", ".v1.0"),
    "application/com.github.proto-openapi.spec.v3@v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v3.v1.0+protobuf",
    "application/vnd.kubernetes.protobuf",
    `application/json;q=0.1,${PROTOBUF}`,
  ], async (accept) => {
    for (
      const path of ["/openapi/v2", "/openapi/v3", "/openapi/v3/apis/apps/v1", "/openapi/v3/nothing", "/openapi/v2/"]
    ) {
      await get(path, { accept });
    }
  });
  await get("/openapi/v2", { "accept-encoding": "gzip" });
  await get("/openapi/v3/apis/apps/v1", { "accept-encoding": "gzip" });
  await get("/openapi/v3/apis/apps/v1?hash=WRONG", {});
  await inParallel(["/openapi/v2", "/openapi/v3/api/v1"], async (path) => {
    const answers = await Promise.all([sides.theirs, sides.ours].map(async (side) => {
      const tag = String((await side.send({ method: "HEAD", path })).headers["etag"]);
      const { code, text } = await side.send({ method: "GET", path, headers: { "if-none-match": tag } });
      return `${code} ${text.length} bytes`;
    }));
    const found = answers[0] === answers[1] ? [] : [{ where: "not modified", theirs: answers[0]!, ours: answers[1]! }];
    report.add(found, { of, what: `GET ${path}`, sent: "If-None-Match with the tag" });
  });
};

function headOnly(side: Parameters<Section>[0]["sides"]["theirs"]): typeof side {
  return {
    async send(request) {
      const answer = await side.send(request);
      return answer.code === 200 ? { ...answer, text: "", json: undefined } : answer;
    },
  };
}

function withoutHashes(paths: Record<string, { serverRelativeURL: string }>): Json {
  return Object.fromEntries(
    Object.entries(paths).map((
      [place, { serverRelativeURL }],
    ) => [place, serverRelativeURL.replace(/hash=[0-9A-F]+/, "hash=H")]),
  );
}
