import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";

/** @type {import("./index.d.ts").startCluster} */
export async function startCluster({ hollowNodes = 0, nodes = 0, images = [], binary } = {}) {
  const program = new Program(binary ?? process.env.SKIFF_BINARY ?? "skiff", [
    "ephemeral",
    "--control",
    `--nodes=${nodes}`,
    `--hollow-nodes=${hollowNodes}`,
    ...images.map((image) => `--images=${image}`),
  ]);
  return program.cluster(await program.first, () => program.end());
}

/** `skiff ephemeral --control`: a line for each question and each answer. It ends, with all its clusters, when its input does. */
class Program {
  #child;
  #requests = 0;
  #waiting = new Map();
  #said = "";

  constructor(binary, args) {
    this.first = this.#answer(0);
    this.#child = spawn(binary, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => this.#said = (this.#said + text).slice(-10_000));
    this.#child.stdin.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(JSON.parse(line)));
    this.#child.once("error", (error) => {
      const missing = `there is no program ${binary}: install skiff, or name it in SKIFF_BINARY`;
      this.#fail(new Error(error.code === "ENOENT" ? missing : `${binary} cannot be started: ${error.message}`));
    });
    this.#child.once("close", (code) => {
      this.#fail(new Error(`skiff ended (${code}): ${this.#said.trim() || "it said nothing"}`));
    });
    // Tests may end without closing anything: that must not keep their process alive.
    for (const part of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr]) part.unref();
  }

  cluster({ id, kubeconfig, url }, end) {
    let closed;
    const close = () => closed ??= end();
    return {
      kubeconfig,
      url,
      fork: async () => {
        const twin = await this.#ask(`fork ${id}`);
        return this.cluster(twin, () => this.#ask(`close ${twin.id}`).then(() => {}));
      },
      close,
      [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: close,
    };
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    this.#child.stdin.end();
    await once(this.#child, "close");
  }

  #ask(line) {
    const answer = this.#answer(++this.#requests);
    this.#child.stdin.write(`${line}\n`);
    return answer;
  }

  #answer(request) {
    // While somebody waits the process must live.
    const alive = setInterval(() => {}, 0x7fffffff);
    return new Promise((resolve, reject) => this.#waiting.set(request, { resolve, reject }))
      .finally(() => clearInterval(alive));
  }

  #hear({ request, error, ...answer }) {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
