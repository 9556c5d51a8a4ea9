import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtFile } from "../fixtures/built_file.ts";
import { InstallMachine } from "./install_machine.ts";
import { retry } from "./retry.ts";

const top = new URL("../../", import.meta.url).pathname;
const quick = { INSTALL_SKIFF_SKIP_START: "true", INSTALL_SKIFF_SKIP_CHECK: "true" };

describe("install.sh from a pipe", () => {
  let host: InstallMachine;
  let name: string;
  let before: string;
  let serving: Deno.ChildProcess;

  beforeAll(async () => {
    const file = await builtFile();
    name = file.split("/").at(-1)!;
    host = await InstallMachine.start();
    const { machine } = host;
    await host.insert("stick", file);
    const mnt = `${machine.directory}/mnt`;
    await Deno.link(Deno.execPath(), `${mnt}/deno`).catch(() => Deno.copyFile(Deno.execPath(), `${mnt}/deno`));
    await Deno.copyFile(`${top}tests/fixtures/download_server.js`, `${mnt}/server.js`);
    // Directories by the name of a version or channel: whole, tampered with, cut off, and one without checksums.
    const script = `
      mkdir /mnt/www; cd /mnt/www; cp /mnt/stick/install.sh .
      for each in latest v1 tampered cut bare; do mkdir $each; cp /mnt/stick/SHA256SUMS $each; done
      for each in latest v1 bare; do ln /mnt/stick/$1 $each/$1; done
      ln /mnt/stick/$1 cut/$1.cut; echo other >tampered/$1; rm bare/SHA256SUMS
      openssl ecparam -name prime256v1 -genkey -noout -out /tmp/key.pem; openssl ec -in /tmp/key.pem -pubout -out /tmp/key.pub 2>/dev/null
      openssl dgst -sha256 -sign /tmp/key.pem -out v1/SHA256SUMS.sig v1/SHA256SUMS; echo nonsense >tampered/SHA256SUMS.sig`;
    await machine.run("sh", "-euc", script, "sh", name);
    serving = machine.command("/mnt/deno", ["run", "--allow-all", "/mnt/server.js", "/mnt/www"], {
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await retry("downloads to be served", async () => {
      await machine.run("curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8000/install.sh");
    });
    before = await host.state();
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await serving?.status;
  });

  const pipe = (fetch: string, env: Record<string, string>) =>
    host.machine.try("sh", ["-c", `${fetch} http://127.0.0.1:8000/install.sh | sh -s - server --disable-agent`], {
      ...quick,
      INSTALL_SKIFF_URL: "http://127.0.0.1:8000/",
      ...env,
    });

  async function installedAndGone(output: Awaited<ReturnType<typeof pipe>>): Promise<void> {
    expect(output).toMatchObject({ code: 0, stderr: expect.stringContaining("starts at boot") });
    expect(await host.skiff("uninstall", "--verify")).toMatchObject({ code: 0, stderr: "" });
    expect(await host.state()).toBe(before);
  }

  async function refused(fetch: string): Promise<void> {
    const cases: readonly (readonly [RegExp, Record<string, string>])[] = [
      [/has the SHA-256 .* SHA256SUMS says .*: refused, nothing was changed/, { INSTALL_SKIFF_CHANNEL: "tampered" }],
      [/cannot download http:\/\/127\.0\.0\.1:8000\/cut\/skiff-linux-\S+; nothing/, { INSTALL_SKIFF_VERSION: "cut" }],
      [/cannot download \S+\/v2\/skiff-linux-\S+; nothing was changed/, { INSTALL_SKIFF_VERSION: "v2" }],
      [/cannot download \S+\/bare\/SHA256SUMS; nothing was changed/, { INSTALL_SKIFF_VERSION: "bare" }],
      [/cannot download \S+\/latest\/SHA256SUMS\.sig; nothing/, { INSTALL_SKIFF_PUBLIC_KEY: "/tmp/key.pub" }],
      [/is no signature of SHA256SUMS/, {
        INSTALL_SKIFF_VERSION: "tampered",
        INSTALL_SKIFF_PUBLIC_KEY: "/tmp/key.pub",
      }],
      [/there is no skiff-linux-\S+ beside this script: .* say with INSTALL_SKIFF_URL/, { INSTALL_SKIFF_URL: "" }],
    ];
    for (const [message, env] of cases) {
      const { code, stderr } = await pipe(fetch, env);
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
      expect(await host.state()).toBe(before);
    }
  }

  it("downloads with curl, a signed version too, or says why it does not", async () => {
    await installedAndGone(
      await pipe("curl -fsS", { INSTALL_SKIFF_VERSION: "v1", INSTALL_SKIFF_PUBLIC_KEY: "/tmp/key.pub" }),
    );
    await refused("curl -fsS");
  }, 300_000);

  it("goes through a proxy, which the service is told of", async () => {
    const proxy = { http_proxy: "http://127.0.0.1:8001", no_proxy: "127.0.0.1" };
    const output = await pipe("curl -fsS", { ...proxy, INSTALL_SKIFF_URL: "http://releases.example" });
    expect(output).toMatchObject({ code: 0 });
    expect(await host.machine.run("cat", "/etc/skiff/skiff.env")).toContain('http_proxy="http://127.0.0.1:8001"\n');
    await installedAndGone(output);
  }, 300_000);

  it("downloads with wget where there is no curl", async () => {
    const path = (await host.machine.run("sh", "-c", "command -v curl")).trim();
    await host.machine.run("rm", path);
    await installedAndGone(await pipe("wget -qO-", {}));
    await refused("wget -qO-");
    await host.machine.run("sh", "-c", "rm $(command -v wget)");
    const { stderr } = await pipe("cat /mnt/www/install.sh 2>/dev/null", {});
    expect(stderr).toContain("error: neither curl nor wget is installed; download ");
  }, 300_000);
});
