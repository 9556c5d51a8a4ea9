import { Apt } from "./apt.ts";
import type { LockedPackage } from "./lock.ts";
import type { Architecture, Part } from "./parts.ts";
import { run, runText, sha256 } from "./run.ts";

/** A package that cannot be had in the version that the lock names. */
export class PackageGoneError extends Error {
  override readonly name = "PackageGoneError";
}

/** Gets packages from the archive of their kind, and keeps them below `cache` by their checksum. */
export class Packages {
  readonly #cache: string;
  readonly #denoVersion: string;
  readonly #apts = new Map<Architecture, Promise<Apt>>();

  constructor({ cache, denoVersion }: { readonly cache: string; readonly denoVersion: string }) {
    this.#cache = cache;
    this.#denoVersion = denoVersion;
  }

  /** The package that the lock names, byte for byte. Rejects with a {@linkcode PackageGoneError} when its archive has it no more. */
  async get(part: Part, architecture: Architecture, locked: LockedPackage): Promise<Uint8Array> {
    const file = `${this.#cache}/${locked.sha256}`;
    const cached = await Deno.readFile(file).catch(() => undefined);
    if (cached !== undefined && await sha256(cached) === locked.sha256) return cached;
    const bytes = await this.#download(part, architecture, locked.version);
    const name = part.package(architecture);
    if (bytes === undefined) {
      throw new PackageGoneError(
        `${name} ${locked.version} is no longer in its archive: write a new lock with scripts/build --update, ` +
          "or build with --newest, which leaves the lock as it is",
      );
    }
    const sum = await sha256(bytes);
    if (sum !== locked.sha256) {
      throw new Error(`${name} ${locked.version} has the SHA-256 ${sum}, the lock says ${locked.sha256}: refused`);
    }
    await this.#keep(file, bytes);
    return bytes;
  }

  /** What the lock would say today. Deno's version is always that of `.deno-version`. */
  async newest(part: Part, architecture: Architecture): Promise<LockedPackage> {
    const name = part.package(architecture);
    const version = part.source === "npm" ? this.#denoVersion : await (await this.#apt(architecture)).newest(name);
    const bytes = await this.#download(part, architecture, version);
    if (bytes === undefined) throw new PackageGoneError(`${name} ${version} cannot be downloaded`);
    const sum = await sha256(bytes);
    await this.#keep(`${this.#cache}/${sum}`, bytes);
    return { version, sha256: sum };
  }

  async #download(part: Part, architecture: Architecture, version: string): Promise<Uint8Array | undefined> {
    const name = part.package(architecture);
    console.error(`getting ${name} ${version} (${architecture})`);
    if (part.source === "debian") return await (await this.#apt(architecture)).download(name, version);
    await Deno.mkdir(this.#cache, { recursive: true });
    const target = await Deno.makeTempDir({ dir: this.#cache, prefix: "npm-" });
    try {
      const file = await runText("npm", ["pack", "--silent", "--pack-destination", target, `${name}@${version}`]);
      return await Deno.readFile(`${target}/${file.trim()}`);
    } finally {
      await Deno.remove(target, { recursive: true });
    }
  }

  #apt(architecture: Architecture): Promise<Apt> {
    let apt = this.#apts.get(architecture);
    if (!apt) this.#apts.set(architecture, apt = Apt.open(`${this.#cache}/apt-${architecture}`, architecture));
    return apt;
  }

  async #keep(file: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${file}.${crypto.randomUUID()}`;
    await Deno.mkdir(this.#cache, { recursive: true });
    await Deno.writeFile(temporary, bytes);
    await Deno.rename(temporary, file);
  }
}

/** The archive inside a package: a Debian package's files, or an npm package itself. */
export async function openPackage(part: Part, bytes: Uint8Array): Promise<Uint8Array> {
  const file = await Deno.makeTempFile({ prefix: "skiff-build-" });
  try {
    await Deno.writeFile(file, bytes);
    return await (part.source === "debian" ? run("dpkg-deb", ["--fsys-tarfile", file]) : run("gzip", ["-dc", file]));
  } finally {
    await Deno.remove(file);
  }
}
