import { describe, expect, it } from "vitest";
import { type DatastoreTls, openDatastore } from "./open.ts";
import { put } from "./suite/engine.ts";

describe("openDatastore", () => {
  it("opens SQLite in the data directory without an endpoint, for its owner only", async () => {
    const dataDir = await Deno.makeTempDir();
    const store = await openDatastore({ dataDir });
    await put(store, "a", "1");
    expect((await store.stats()).engine).toBe("sqlite");
    for (const file of ["state.db", "state.db-wal"]) {
      expect((await Deno.stat(`${dataDir}/server/db/${file}`)).mode! & 0o777).toBe(0o600);
    }
    expect((await Deno.stat(`${dataDir}/server/db`)).mode! & 0o777).toBe(0o700);
    await store.close();
    await Deno.remove(dataDir, { recursive: true });
  });

  it("opens SQLite in another file", async () => {
    const directory = await Deno.makeTempDir();
    const store = await openDatastore({ endpoint: `sqlite://${directory}/x.db`, dataDir: "/nonexistent" });
    await put(store, "a", "1");
    await store.close();
    expect((await Deno.stat(`${directory}/x.db`)).isFile).toBe(true);
    await Deno.remove(directory, { recursive: true });
  });

  it("opens the memory engine", async () => {
    const store = await openDatastore({ endpoint: "memory://", dataDir: "/nonexistent" });
    expect((await store.stats()).engine).toBe("memory");
    await store.close();
  });

  it("refuses what it does not know, and shows no password", async () => {
    const refused: [endpoint: string, message: RegExp][] = [
      ["mysql://user:secret@host/db", /mysql:\/\/ is not supported.*memory:\/\//],
      ["state.db", /without a scheme/],
      ["http://user:secret@host:2379", /etcd endpoint http:\/\/…@host:2379/],
      ["https://a:2379,host:2379", /etcd endpoint host:2379: give https/],
      ["https://a:2379/path", /etcd endpoint https:\/\/a:2379\/path/],
      ["postgres://user:secret@host/db?schema=1", /schema "1"/],
    ];
    for (const [endpoint, message] of refused) {
      const error = await openDatastore({ endpoint, dataDir: "/data" }).then(() => undefined, (error) => error);
      expect([endpoint, error.reason]).toEqual([endpoint, "invalidArgument"]);
      expect(error.message).toMatch(message);
      expect(error.message).not.toMatch(/secret/);
    }
  });

  it("wants certificates that are there, and complete", async () => {
    for (const endpoint of ["https://127.0.0.1:1", "postgres://127.0.0.1:1/db"]) {
      const opening = (tls: DatastoreTls) => openDatastore({ endpoint, dataDir: "/data", tls });
      await expect(opening({ caFile: "/nonexistent/ca.crt" })).rejects.toThrow("/nonexistent/ca.crt");
      await expect(opening({ certFile: "/nonexistent/client.crt" })).rejects.toThrow("needed together");
    }
  });

  it("says that PostgreSQL does not answer, without the password", async () => {
    const opening = openDatastore({ endpoint: "postgres://user:secret@127.0.0.1:1/db", dataDir: "/data" });
    const error = await opening.then(() => undefined, (error) => error);
    expect(error.reason).toBe("unavailable");
    expect(error.message).toMatch(/PostgreSQL: .*ECONNREFUSED/);
    expect(error.message).not.toMatch(/secret/);
  });

  it("loads no library of a store that it does not open", async () => {
    const code = `
      import { createRequire } from "node:module";
      import { openDatastore } from "./datastore/open.ts";
      const dataDir = Deno.makeTempDirSync();
      await (await openDatastore({ dataDir })).close();
      Deno.removeSync(dataDir, { recursive: true });
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => /pg|grpc|protobuf/.test(path));
      console.log(loaded());
      await openDatastore({ endpoint: "postgres://127.0.0.1:1/db", dataDir }).catch(() => {});
      console.log(loaded());
    `;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", "--ext=ts", code],
      cwd: new URL("..", import.meta.url).pathname,
      env: { NO_COLOR: "1" },
    }).output();
    expect([new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)]).toEqual(["false\ntrue\n", ""]);
  });
});
