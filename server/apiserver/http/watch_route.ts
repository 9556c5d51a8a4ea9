import { Buffer } from "node:buffer";
import type { KubeObject } from "../../../api/resource.ts";
import { isExpired, statusFrom } from "../../../api/status.ts";
import type { Status } from "../../../api/types/meta_v1.ts";
import type { WatchedEvent } from "../contract.ts";
import { completeObject } from "../managed_fields.ts";
import { mediaTypes, negotiate, type Representation } from "./negotiate.ts";
import { watchRequest } from "./query.ts";
import { RecentFrames } from "./recent_frames.ts";
import type { ResourceCall } from "./resource_call.ts";
import { mustFit, partialObject, tableOptions } from "./transform.ts";

/** A watcher that is so many bytes behind what it was sent live has stalled; it is cut off, and lists anew. */
const STALLED_BYTES = 4 * 1024 * 1024;

/** Without `timeoutSeconds`, upstream's span: watchers of a restarted server do not all come back at once. */
const DEFAULT_TIMEOUT = { least: 1800, most: 3600 };

/** Three weeks: timers count milliseconds in 31 bits. */
const LONGEST = 21 * 86_400;

/** Events as lines of JSON, until the client leaves, the time is over or it falls behind. */
export async function watchRoute(of: ResourceCall): Promise<void> {
  const { call, store, target } = of;
  const { response } = call;
  const representation = negotiate(of);
  mustFit(representation.as, of, false);
  const request = watchRequest(call.query, target);
  // Less than none has passed already.
  const asked = call.query.integer("timeoutSeconds") || defaultTimeout();
  const seconds = Math.max(0, Math.min(asked, LONGEST));
  const { contentType, encode, encodeError } = await encoderOf(of, representation);

  // Headers wait for the registration, so that its failure has a status of its own; what comes before them is kept.
  let live = false;
  let held: (string | Uint8Array)[] = [];
  let catchingUp = 0;
  let close = () => {};
  const ended = Promise.withResolvers<void>();
  const send = (event: WatchedEvent): void => {
    const frame = encode(event);
    if (!live) {
      held.push(frame);
      return;
    }
    response.write(frame);
    if (response.writableLength > STALLED_BYTES + catchingUp) response.destroy();
  };
  try {
    const handle = await store.watch(call, request, send);
    close = () => handle.close();
  } catch (error) {
    // As upstream: a version that is too old is an event of the watch, not an error of the request.
    if (!isExpired(error)) throw error;
    start();
    response.end(encodeError(statusFrom(error)));
    return;
  }
  response.once("close", () => ended.resolve());
  if (response.destroyed) ended.resolve();
  const timer = setTimeout(() => response.end(), seconds * 1000);
  start();
  // The present objects may be many: the limit counts from where the client had them all.
  catchingUp = response.writableLength;
  if (catchingUp > 0) response.once("drain", () => catchingUp = 0);
  await ended.promise;
  clearTimeout(timer);
  close();

  function start(): void {
    response.writeHead(200, { "content-type": contentType, "cache-control": "no-cache, private" });
    (response as { flushHeaders?: () => void }).flushHeaders?.();
    for (const frame of held) response.write(frame);
    held = [];
    live = true;
  }
}

function defaultTimeout(): number {
  const { least, most } = DEFAULT_TIMEOUT;
  return least + Math.random() * (most - least);
}

type Encode = (event: WatchedEvent) => string | Uint8Array;

/** How the events of one watch are written. */
interface Encoder {
  readonly contentType: string;
  readonly encode: Encode;
  readonly encodeError: (status: Status) => string | Uint8Array;
}

async function encoderOf(of: ResourceCall, representation: Representation): Promise<Encoder> {
  const { as, format } = representation;
  if (format === "protobuf") return await protobufEncoder(of, representation);
  const encode = as === "Table" ? await tableEncoder(of, representation) : jsonEncoder(of, representation);
  return { contentType: mediaTypes.json, encode, encodeError: (status) => line("ERROR", status) };
}

/** Events in frames that begin with their length. */
async function protobufEncoder(of: ResourceCall, { as, version }: Representation): Promise<Encoder> {
  const { encodeWatchFrame } = await import("../../../api/codec/protobuf_encode.ts");
  const { objectFrame } = await import("./protobuf_answers.ts");
  const { apiVersion, kind } = shownAs(of, as, version);
  return {
    contentType: `${mediaTypes.protobuf};stream=watch`,
    encode: (event) =>
      event.type === "BOOKMARK"
        ? encodeWatchFrame("BOOKMARK", bookmark(event, apiVersion, kind))
        : as === undefined
        ? objectFrame(event.type, event.entry)
        : encodeWatchFrame(event.type, partialObject(completeObject(event.entry), version)),
    encodeError: (status) => encodeWatchFrame("ERROR", status),
  };
}

const wholeFrames = new RecentFrames((type, entry) => Buffer.from(`{"type":"${type}","object":${entry.json()}}\n`));
const partialFrames = { v1: partialFramesOf("v1"), v1beta1: partialFramesOf("v1beta1") };

function partialFramesOf(version: string): RecentFrames {
  return new RecentFrames((type, entry) => Buffer.from(line(type, partialObject(completeObject(entry), version))));
}

function jsonEncoder(of: ResourceCall, { as, version = "v1" }: Representation): Encode {
  const { apiVersion, kind } = shownAs(of, as, version);
  const frames = as === undefined ? wholeFrames : partialFrames[version];
  return (event) => {
    if (event.type === "BOOKMARK") return line("BOOKMARK", bookmark(event, apiVersion, kind));
    return frames.of(event.type, event.entry);
  };
}

/** What the objects of the events are: themselves, or their metadata. */
function shownAs({ apiVersion, kind }: ResourceCall, as: Representation["as"], version = "v1") {
  if (as === undefined) return { apiVersion, kind };
  return {
    apiVersion: `meta.k8s.io/${version}`,
    kind: "PartialObjectMetadata",
  };
}

/** A Table for each event; only the first tells the columns, as upstream. */
async function tableEncoder(of: ResourceCall, { version }: Representation): Promise<Encode> {
  const { tableOf } = await import("../tables/table.ts");
  const options = tableOptions(of.call.query, version);
  let first = true;
  return (event) => {
    if (event.type === "BOOKMARK") {
      const row = { cells: [], object: bookmark(event, of.apiVersion, of.kind) };
      return line("BOOKMARK", {
        kind: "Table",
        apiVersion: `meta.k8s.io/${version}`,
        metadata: { resourceVersion: event.resourceVersion },
        columnDefinitions: [],
        rows: [row],
      });
    }
    const { object } = event.entry;
    const table = tableOf(of, [object], options, { resourceVersion: String(event.entry.revision) });
    // As upstream, which writes null for none.
    const shown = first ? table : { ...table, columnDefinitions: null };
    first = false;
    return line(event.type, shown);
  };
}

function bookmark(event: Extract<WatchedEvent, { type: "BOOKMARK" }>, apiVersion: string, kind: string): KubeObject {
  const { resourceVersion, initialEventsEnd } = event;
  const annotations = initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  return { kind, apiVersion, metadata: { resourceVersion, ...annotations } };
}

function line(type: string, object: unknown): string {
  return `{"type":"${type}","object":${JSON.stringify(object)}}\n`;
}
