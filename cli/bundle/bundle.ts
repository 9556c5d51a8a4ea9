import type { Manifest } from "./manifest.ts";

/** The self-extracting file that this process was started from. */
export interface Bundle {
  /** The folder that it was unpacked into. */
  readonly home: string;
  /** The file itself. */
  readonly file: string;
  readonly manifest: Manifest;
}

/** Set by the file's header for this process alone; what it starts (`skiff ephemeral -- deno test`) has a Deno of its own. */
const OWN_VARIABLES = ["SKIFF_FILE", "DENO_DIR", "DENO_NO_UPDATE_CHECK"];

let found: Bundle | undefined | null = null;

/** The file that Skiff runs from, undefined in a checkout. The first call takes the header's variables out of the environment. */
export function currentBundle(mainModule: string = Deno.mainModule): Bundle | undefined {
  if (found !== null) return found;
  return found = readBundle(mainModule);
}

function readBundle(mainModule: string): Bundle | undefined {
  const file = Deno.env.get("SKIFF_FILE");
  const home = /^file:\/\/(.+)\/program\/cli\/main\.js$/.exec(mainModule)?.[1];
  if (home === undefined || file === undefined) return undefined;
  for (const name of OWN_VARIABLES) Deno.env.delete(name);
  const path = decodeURIComponent(home);
  return { home: path, file, manifest: JSON.parse(Deno.readTextFileSync(`${path}/manifest.json`)) as Manifest };
}
