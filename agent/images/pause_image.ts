import { dockerArchive } from "./archive.ts";
import { type Architecture, pauseProgram } from "./pause_program.ts";

/** The image of every Pod's sandbox. The registry does not exist: it is never pulled. Its tag changes with its content. */
export const PAUSE_IMAGE = "skiff.local/pause:1";

const ARCHITECTURES: Readonly<Record<string, Architecture>> = { x86_64: "amd64", aarch64: "arm64" };

/** Throws `RangeError` on an architecture that Skiff does not run on. */
export function nodeArchitecture(): Architecture {
  const architecture = ARCHITECTURES[Deno.build.arch];
  if (architecture) return architecture;
  throw new RangeError(`no pause image for the architecture ${Deno.build.arch}: Skiff runs on x86_64 and aarch64`);
}

/** A docker archive of it for a node of that architecture. */
export function pauseImage(architecture: Architecture): Promise<Uint8Array> {
  return dockerArchive({
    tag: PAUSE_IMAGE,
    architecture,
    entries: [{ path: "pause", content: pauseProgram(architecture), mode: 0o755 }],
    entrypoint: ["/pause"],
    user: "65535:65535",
  });
}
