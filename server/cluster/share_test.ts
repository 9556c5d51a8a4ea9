import { describe, expect, it } from "vitest";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import type { Datastore } from "../../datastore/contract.ts";
import { openPki } from "../pki/pki.ts";
import { BOOTSTRAP_KEY, resealBootstrap, shareFile } from "./bootstrap_record.ts";
import { openShared } from "./share.ts";
import { ENCRYPTION_FILE, readSharedFiles, SHARED_FILES } from "./shared_files.ts";

const settings = { "--cluster-cidr": "10.42.0.0/16" };

/** A server's directory and its start on a datastore. */
class Machine implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync({ prefix: "skiff-share-" });

  async open(datastore: Datastore, secret: string | undefined, own = settings) {
    const { opened, secret: used } = await openShared({
      datastore,
      serverDir: this.directory,
      secret,
      settings: own,
      open: () => openPki(`${this.directory}/tls`),
      newSecret: () => "made",
    });
    return { ca: opened.clusterCa, secret: used };
  }

  files() {
    return readSharedFiles(this.directory);
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.directory, { recursive: true });
  }
}

describe("servers on one datastore", () => {
  it("take the secrets of the first one, by its token", async () => {
    await using a = new Machine();
    await using b = new Machine();
    const store = openMemory();
    const first = await a.open(store, undefined);
    expect(first.secret).toBe("made");
    expect((await b.open(store, "made")).ca).toBe(first.ca);
    expect(await b.files()).toEqual(await a.files());
    const made = SHARED_FILES.map(({ path }) => path).filter((path) => path !== ENCRYPTION_FILE);
    expect(Object.keys(await a.files())).toEqual(made);
    expect((await a.open(store, "made")).ca).toBe(first.ca);
    const { item } = await store.get(BOOTSTRAP_KEY);
    expect(item!.version).toBe(1);
    expect(item!.value).not.toContain("PRIVATE KEY");
  });

  it("become one cluster when they start at the same moment", async () => {
    await using a = new Machine();
    await using b = new Machine();
    const store = openMemory();
    const [one, other] = await Promise.all([a.open(store, "ours"), b.open(store, "ours")]);
    expect(one.ca).toBe(other.ca);
    expect(await a.files()).toEqual(await b.files());
  });

  it("are refused with another token, without one, and with other networks; nothing changes", async () => {
    await using a = new Machine();
    await using b = new Machine();
    const store = openMemory();
    await a.open(store, "ours");
    const before = await store.revision();
    await expect(b.open(store, "theirs")).rejects.toMatchObject({ reason: "wrongToken" });
    await expect(b.open(store, undefined)).rejects.toMatchObject({ reason: "tokenMissing" });
    const other = { "--cluster-cidr": "10.99.0.0/16" };
    await expect(b.open(store, "ours", other)).rejects.toThrow(
      "--cluster-cidr is 10.99.0.0/16 here and 10.42.0.0/16 in the cluster",
    );
    expect(await b.files()).toEqual({});
    expect(await store.revision()).toBe(before);
  });

  it("follow a change that another server made, and refuse files that are another cluster's", async () => {
    await using a = new Machine();
    await using b = new Machine();
    await using stranger = new Machine();
    const store = openMemory();
    await a.open(store, "ours");
    await b.open(store, "ours");
    await openPki(`${stranger.directory}/tls`);
    const theirs = await stranger.files();
    await expect(stranger.open(store, "ours")).rejects.toThrow(/tls\/server-ca.crt.*move these files away/s);
    expect(await stranger.files()).toEqual(theirs);
    // A server whose files were replaced by hand.
    const path = `${b.directory}/tls/service-account.key`;
    const ours = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, theirs["tls/service-account.key"]!);
    await expect(b.open(store, "ours")).rejects.toMatchObject({ reason: "foreignFiles" });
    await Deno.remove(path);
    await b.open(store, "ours");
    expect(await Deno.readTextFile(path)).toBe(ours);
  });

  it("go on with a new token after it was changed, and no more with the old one", async () => {
    await using a = new Machine();
    const store = openMemory();
    const { ca } = await a.open(store, "old");
    await expect(resealBootstrap(store, "guess", "new")).rejects.toMatchObject({ reason: "wrongToken" });
    await resealBootstrap(store, "old", "new");
    await expect(a.open(store, "old")).rejects.toMatchObject({ reason: "wrongToken" });
    expect((await a.open(store, "new")).ca).toBe(ca);
  });

  it("take a file that one of them shares later, and refuse two that change it at once", async () => {
    await using a = new Machine();
    await using b = new Machine();
    const store = openMemory();
    await a.open(store, "ours");
    const file = { path: ENCRYPTION_FILE, text: "first", present: undefined };
    await shareFile(store, "ours", file);
    await expect(shareFile(store, "ours", { ...file, text: "other" })).rejects.toThrow("another server has changed");
    await shareFile(store, "ours", { ...file, text: "second", present: "first" });
    await b.open(store, "ours");
    expect((await b.files())[ENCRYPTION_FILE]).toBe("second");
  });
});
