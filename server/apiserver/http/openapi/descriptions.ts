import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Describe } from "./definitions.ts";

/** Made by scripts/generate_descriptions; it is upstream's text and in no repository of ours, so it may be missing. */
const file = new URL("./descriptions.generated.json.gz", import.meta.url);

/** What the API's documents say of kinds and fields. */
export interface Descriptions {
  /** Differs where the descriptions do. */
  readonly tag: string;
  /** Reads all of them, for the time in which a document is made: they are a megabyte that nobody needs for hours. */
  read(): Describe;
}

/** Opens the descriptions beside this file, or those given, compressed; without any, nothing is described. */
export function openDescriptions(given: Uint8Array | undefined = readFile()): Descriptions {
  if (given === undefined) return { tag: "", read: () => () => undefined };
  return {
    tag: createHash("sha256").update(given).digest("hex"),
    read() {
      const classes: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
        new TextDecoder().decode(gunzipSync(given)),
      );
      return (message, field = "") => {
        const [short, long] = classNames(message);
        return (classes[long] ?? classes[short])?.[field];
      };
    },
  };
}

function readFile(): Uint8Array | undefined {
  try {
    return Deno.readFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * How the JavaScript client names a message: `io.k8s.api.core.v1.PodSpec` is V1PodSpec, and CoreV1Event where several groups
 * have an Event.
 */
function classNames(message: string): [short: string, long: string] {
  const [kind = "", version = "", group = ""] = message.split(".").toReversed();
  const short = capital(version) + kind;
  return [short, capital(group) + short];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
