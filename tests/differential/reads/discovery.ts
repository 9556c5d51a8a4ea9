import { ask, inParallel, type Section } from "../suite.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const BETA = AGGREGATED.replace("v=v2", "v=v2beta1");

const accepts = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "*/*",
  "text/html",
  "application/*",
  AGGREGATED,
  BETA,
  AGGREGATED.replace("v=v2", "v=v9"),
  AGGREGATED.replace("json", "vnd.kubernetes.protobuf"),
  `${AGGREGATED},${BETA},application/json`,
  `application/json,${AGGREGATED}`,
  `${AGGREGATED};profile=nopeer`,
  "application/json;q=0.5,text/html",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
];

/** `/api`, `/apis` and each group and version, in each form. */
export const discovery: Section = async ({ sides, report }, of) => {
  const get = (path: string, headers?: Record<string, string>) =>
    ask(sides, report, of, { method: "GET", path, ...headers && { headers } });
  const roots = ["/api", "/api/", "/apis", "/apis/"];
  const [{ json }] = await get("/apis");
  const groups = (json as { groups: { name: string; versions: { groupVersion: string }[] }[] }).groups;
  await inParallel([
    ...[
      "/api/v1",
      "/api/v1/",
      "/api/v2",
      "/api/v1/nothing",
      "/apis/none.example.com",
      "/apis/apps/v9",
      "/apis/apps/v9/",
    ],
    ...groups.flatMap(({ name, versions }) => [
      `/apis/${name}`,
      ...versions.map(({ groupVersion }) => `/apis/${groupVersion}`),
    ]),
    "/apis/apps/",
    "/apis/apps/v1/",
  ], async (path) => void await get(path));
  for (const path of [...roots, "/api/v1", "/apis/apps", "/apis/apps/v1"]) {
    await inParallel(accepts, async (accept) => void await get(path, { accept }));
  }
  // Who has a document already is told that it is the same.
  await inParallel(roots, async (path) => {
    const headers = { accept: AGGREGATED };
    const tags = await Promise.all([sides.theirs, sides.ours].map(async (side) => {
      return String((await side.send({ method: "GET", path, headers })).headers["etag"]);
    }));
    await get(path, { ...headers, "if-none-match": '"other"' });
    const answers = await Promise.all(
      [sides.theirs, sides.ours].map((side, index) =>
        side.send({ method: "GET", path, headers: { ...headers, "if-none-match": tags[index]! } })
      ),
    );
    const [theirs, ours] = answers.map(({ code, json }) => `${code} ${JSON.stringify(json)}`);
    report.add(theirs === ours ? [] : [{ where: "not modified", theirs: theirs!, ours: ours! }], {
      of,
      what: `GET ${path}`,
      sent: "If-None-Match with the tag",
    });
  });
};
