import { describe, expect, it } from "vitest";
import { openDatastore } from "./open.ts";
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
    const opening = openDatastore({ endpoint: "postgres://user:secret@host/db", dataDir: "/data" });
    const error = await opening.then(() => undefined, (error) => error);
    expect(error.reason).toBe("invalidArgument");
    expect(error.message).toMatch(/postgres:\/\/ is not supported yet.*memory:\/\//);
    expect(error.message).not.toMatch(/secret/);
    await expect(openDatastore({ endpoint: "state.db", dataDir: "/data" })).rejects.toThrow("without a scheme");
  });
});
