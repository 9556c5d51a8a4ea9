import type { Architecture } from "./parts.ts";
import { run, runText } from "./run.ts";

/**
 * apt with a state of its own for one architecture, below `directory`: the host's sources and keys, but neither its package lists nor its list of
 * architectures is touched.
 */
export class Apt {
  readonly #env: Readonly<Record<string, string>>;
  readonly #directory: string;
  #updated: Promise<void> | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#env = { APT_CONFIG: `${directory}/apt.conf`, LC_ALL: "C" };
  }

  static async open(directory: string, architecture: Architecture): Promise<Apt> {
    for (const part of ["lists/partial", "cache/archives/partial"]) {
      await Deno.mkdir(`${directory}/${part}`, { recursive: true });
    }
    await Deno.writeTextFile(`${directory}/status`, "");
    await Deno.writeTextFile(
      `${directory}/apt.conf`,
      [
        `Dir::State "${directory}";`,
        `Dir::State::status "${directory}/status";`,
        `Dir::State::lists "${directory}/lists";`,
        `Dir::Cache "${directory}/cache";`,
        `APT::Architecture "${architecture}";`,
        `APT::Architectures { "${architecture}"; };`,
        `APT::Sandbox::User "root";`,
        `Acquire::Languages "none";`,
        `Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";`,
      ].join("\n") + "\n",
    );
    return new Apt(directory);
  }

  /** The newest version that the host's sources have. */
  async newest(name: string): Promise<string> {
    await this.#update();
    const shown = await runText("apt-cache", ["policy", name], { env: this.#env });
    const version = /^ *Candidate: (\S+)$/m.exec(shown)?.[1];
    if (version === undefined || version === "(none)") {
      throw new Error(`no package ${name} in the sources of apt on this machine (/etc/apt)`);
    }
    return version;
  }

  /** The package file, verified by apt against its signed lists; undefined when the sources do not have that version. */
  async download(name: string, version: string): Promise<Uint8Array | undefined> {
    await this.#update();
    const known = await runText("apt-cache", ["madison", name], { env: this.#env });
    if (!known.split("\n").some((line) => line.split("|")[1]?.trim() === version)) return undefined;
    const target = await Deno.makeTempDir({ dir: this.#directory, prefix: "download-" });
    try {
      await run("apt-get", ["download", `${name}=${version}`], { env: this.#env, cwd: target });
      const [file] = [...Deno.readDirSync(target)];
      return await Deno.readFile(`${target}/${file!.name}`);
    } finally {
      await Deno.remove(target, { recursive: true });
    }
  }

  #update(): Promise<void> {
    return this.#updated ??= run("apt-get", ["update"], { env: this.#env }).then(() => {});
  }
}
