import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TlsFiles } from "./tls_files.ts";

describe("TlsFiles", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-tls-" });
  });
  afterEach(() => Deno.remove(directory, { recursive: true }));

  async function files() {
    const paths = { caFile: `${directory}/ca.crt`, certFile: `${directory}/own.crt`, keyFile: `${directory}/own.key` };
    for (const [name, path] of Object.entries(paths)) await Deno.writeTextFile(path, name);
    return paths;
  }

  it("answers what the files hold now, and the same object while that is the same", async () => {
    const paths = await files();
    const tls = TlsFiles.open("etcd", paths);
    const before = tls.current();
    expect(before).toEqual({ ca: "caFile", cert: "certFile", key: "keyFile" });
    expect(tls.current()).toBe(before);
    await Deno.writeTextFile(paths.certFile, "renewed");
    expect(tls.current()).toEqual({ ...before, cert: "renewed" });
    expect(TlsFiles.open("etcd", {}).current()).toEqual({});
  });

  it("goes on with what it knows while a file is away", async () => {
    const paths = await files();
    const tls = TlsFiles.open("etcd", paths);
    await Deno.remove(paths.keyFile);
    await Deno.writeTextFile(paths.certFile, "renewed");
    expect(tls.current()).toEqual({ ca: "caFile", cert: "certFile", key: "keyFile" });
    await Deno.writeTextFile(paths.keyFile, "its key");
    expect(tls.current()).toEqual({ ca: "caFile", cert: "renewed", key: "its key" });
  });

  it("refuses files that are not there, and half of a pair", async () => {
    const { caFile, certFile } = await files();
    expect(() => TlsFiles.open("etcd", { caFile: `${caFile}.old` })).toThrow(`etcd: ${caFile}.old cannot be read: `);
    expect(() => TlsFiles.open("PostgreSQL", { certFile })).toThrow(
      "PostgreSQL: a client certificate and its key are needed together",
    );
  });
});
