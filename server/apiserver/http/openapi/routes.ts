import { schema } from "../../../../api/schema/schema.ts";
import type { ResourceRow } from "../../../../api/schema/contract.ts";
import { notAcceptable } from "../../../../api/status.ts";
import { serverVersion } from "../../../version.ts";
import type { Registry } from "../../contract.ts";
import { sendDocument } from "../answer.ts";
import type { Call } from "../call.ts";
import type { PathRoute } from "../handler.ts";
import { clausesOf, mediaTypes } from "../negotiate.ts";
import { DocumentCache, tagOf } from "./cache.ts";
import { type Descriptions, openDescriptions } from "./descriptions.ts";
import { placesOf } from "./places.ts";

const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** The one with `@`, which is no media type, is older, and what clients still ask for. */
const protobufTypes: ReadonlySet<string> = new Set([PROTOBUF, PROTOBUF.replace(".v2.v1.0", ".v2@v1.0")]);
const jsonTypes: ReadonlySet<string> = new Set([mediaTypes.json, "application/*", "*/*"]);

/** `/openapi/v2`, `/openapi/v3` and its documents, made from the schema table when somebody asks. */
export function openapiRoutes(registry: Registry): (path: string) => PathRoute | undefined {
  const cache = new DocumentCache();
  const descriptions = openDescriptions();
  return (path) => {
    if (!path.startsWith("/openapi/")) return undefined;
    const name = path.slice("/openapi/".length).replace(/\/$/, "");
    if (name === "v2") return (call) => sendV2(call, cache, descriptions, registry.resources());
    if (name === "v3") return (call) => sendIndex(call, descriptions, registry.resources());
    if (!name.startsWith("v3/")) return undefined;
    const place = name.slice("v3/".length);
    const rows = placesOf(registry.resources()).get(place);
    return rows === undefined ? undefined : (call) => sendV3(call, cache, descriptions, place, rows);
  };
}

function sourceTag(descriptions: Descriptions, rows: readonly ResourceRow[]): string {
  return tagOf([serverVersion.gitVersion, descriptions.tag, rows]);
}

function sendIndex(call: Call, descriptions: Descriptions, rows: readonly ResourceRow[]): void | Promise<void> {
  const paths = Object.fromEntries([...placesOf(rows)].map(([place, of]) => [place, {
    serverRelativeURL: `/openapi/v3/${place}?hash=${sourceTag(descriptions, of)}`,
  }]));
  const text = JSON.stringify({ paths });
  return sendDocument(call, { text, etag: `"${tagOf(text)}"` }, mediaTypes.json);
}

async function sendV3(
  call: Call,
  cache: DocumentCache,
  descriptions: Descriptions,
  place: string,
  rows: readonly ResourceRow[],
): Promise<void> {
  mustTakeJSON(call);
  const { openapiV3 } = await import("./v3.ts");
  const document = await cache.get(
    `v3/${place}`,
    sourceTag(descriptions, rows),
    () => JSON.stringify(openapiV3(schema, place, rows, descriptions.read())),
  );
  await sendDocument(call, { text: await document.bytes(), etag: `"${document.etag}"` }, mediaTypes.json);
}

async function sendV2(
  call: Call,
  cache: DocumentCache,
  descriptions: Descriptions,
  rows: readonly ResourceRow[],
): Promise<void> {
  const type = v2Type(call.request.headers.accept);
  const [{ openapiV2 }, { encodeOpenapiV2 }] = await Promise.all([import("./v2.ts"), import("./v2_protobuf.ts")]);
  const encode = type === PROTOBUF ? encodeOpenapiV2 : JSON.stringify;
  const document = await cache.get(
    `v2 ${type}`,
    tagOf([type, sourceTag(descriptions, rows)]),
    () => encode(openapiV2(schema, rows, descriptions.read())),
  );
  await sendDocument(call, { text: await document.bytes(), etag: `"${document.etag}"` }, type);
}

/** Clients written in Go take protobuf alone. */
function v2Type(accept: string | undefined): string {
  if (!accept) return mediaTypes.json;
  for (const { type } of clausesOf(accept)) {
    if (protobufTypes.has(type)) return PROTOBUF;
    if (jsonTypes.has(type)) return mediaTypes.json;
  }
  throw notAcceptable([mediaTypes.json, PROTOBUF]);
}

function mustTakeJSON(call: Call): void {
  const { accept } = call.request.headers;
  if (!accept || clausesOf(accept).some(({ type }) => jsonTypes.has(type))) return;
  throw notAcceptable([mediaTypes.json]);
}
