import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import type { Datastore, WatchBatch } from "../../datastore/contract.ts";
import { prefixRange } from "../../datastore/contract.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { Encryption, encryptionFile } from "./encryption.ts";

const KEY = "/registry/secrets/default/a";
const TEXT = '{"kind":"Secret","data":{"p":"aMO8YmJs"}}';
const secrets = prefixRange("/registry/secrets/");

interface Opened {
  readonly dataDir: string;
  readonly below: Datastore;
  readonly encryption: Encryption;
  reopen(): Promise<Encryption>;
}

async function opened(body: (opened: Opened) => Promise<void>, enable = true): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "skiff-encryption-" });
  const below = openMemory();
  const clock = new ManualClock();
  const open = (enable: boolean) => Encryption.open(below, { dataDir, clock, enable });
  try {
    await body({ dataDir, below, encryption: await open(enable), reopen: () => open(false) });
  } finally {
    await below.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function put(store: Datastore, key: string, value: string): Promise<void> {
  expect((await store.commit([{ kind: "put", key, value }])).ok).toBe(true);
}

async function raw(store: Datastore, key = KEY): Promise<string> {
  return (await store.get(key)).item!.value;
}

describe("Encryption", () => {
  it("seals Secrets alone, and opens them for reads and watches", () =>
    opened(async ({ below, encryption: { datastore } }) => {
      const seen: WatchBatch[] = [];
      await datastore.subscribe(prefixRange("/registry/"), { after: 1 }, (batch) => seen.push(batch));
      await put(datastore, KEY, TEXT);
      await put(datastore, "/registry/configmaps/default/a", TEXT);
      expect(await raw(below)).toMatch(/^k8s:enc:aesgcm:v1:aesgcmkey-20260101T000000:[A-Za-z0-9+/]+=*$/);
      expect(await raw(below, "/registry/configmaps/default/a")).toBe(TEXT);
      expect(await raw(datastore)).toBe(TEXT);
      expect((await datastore.list(secrets)).items.map(({ value }) => value)).toEqual([TEXT]);
      expect(seen.flatMap(({ events }) => events.map((event) => event.kind === "put" && event.item.value)))
        .toEqual([TEXT, TEXT]);
      const conflicting = await datastore.commit([{ kind: "put", key: KEY, value: "{}", expect: 0 }]);
      expect(!conflicting.ok && conflicting.conflicts[0]!.actual!.value).toBe(TEXT);
      for await (const { events: [event] } of datastore.watch(secrets, { after: 1, previous: true })) {
        expect(event!.kind === "put" && event!.item.value).toBe(TEXT);
        break;
      }
      // The same text never lies there twice in the same form.
      await put(datastore, `${KEY}2`, TEXT);
      expect(await raw(below, `${KEY}2`)).not.toBe(await raw(below));
    }));

  it("keeps the key in a file that only its owner reads, and finds it again", () =>
    opened(async ({ dataDir, encryption, reopen }) => {
      await put(encryption.datastore, KEY, TEXT);
      expect((await Deno.stat(encryptionFile(dataDir))).mode! & 0o777).toBe(0o600);
      expect(await raw((await reopen()).datastore)).toBe(TEXT);
    }));

  it("reads what was plain before, and rewrites it when it is switched on and off", () =>
    opened(async ({ below, encryption }) => {
      const { datastore } = encryption;
      await put(datastore, KEY, TEXT);
      expect(await raw(below)).toBe(TEXT);
      expect(await encryption.status()).toMatchObject({ enabled: false, keys: [], plain: 1, stale: 0 });
      const { keys } = await encryption.run("enable");
      expect(await raw(below)).toContain(`:${keys[0]}:`);
      expect(await encryption.status()).toMatchObject({
        enabled: true,
        secrets: { [keys[0]!]: 1 },
        plain: 0,
        stale: 0,
      });
      await encryption.run("disable");
      expect([await raw(below), await raw(datastore)]).toEqual([TEXT, TEXT]);
      // The key stays, for snapshots of the time with it.
      expect(await encryption.run("enable")).toMatchObject({ keys });
    }, false));

  it("turns to a new key, and keeps the file with the old one beside", () =>
    opened(async ({ dataDir, below, encryption, reopen }) => {
      for (let i = 0; i < 1200; i++) await put(encryption.datastore, `${KEY}${i}`, `${i}`);
      const before = await encryption.status();
      const after = await encryption.run("rotate-keys");
      expect(after).toMatchObject({ secrets: { [after.keys[0]!]: 1200 }, plain: 0, stale: 0 });
      expect([after.keys.length, after.keys[0] === before.keys[0]]).toEqual([1, false]);
      expect(await Deno.readTextFile(`${encryptionFile(dataDir)}.old`)).toContain(before.keys[0]!);
      expect(await raw((await reopen()).datastore, `${KEY}7`)).toBe("7");
      expect(await raw(below, `${KEY}7`)).toContain(after.keys[0]!);
    }));

  it("goes step by step where several servers need the keys, and can be interrupted at each", () =>
    opened(async ({ encryption, reopen }) => {
      await put(encryption.datastore, KEY, TEXT);
      const [old] = (await encryption.status()).keys;
      const prepared = await encryption.run("prepare");
      expect([prepared.keys.length, prepared.keys[0], prepared.stale]).toEqual([2, old, 0]);
      await expect(encryption.run("prepare")).rejects.toThrow("there is a further key already");
      const rotated = await (await reopen()).run("rotate");
      expect([rotated.keys[1], rotated.stale]).toEqual([old, 1]);
      const last = await reopen();
      expect(await raw(last.datastore)).toBe(TEXT);
      expect(await last.run("reencrypt")).toMatchObject({ keys: [rotated.keys[0]], stale: 0 });
      await expect(last.run("rotate")).rejects.toThrow("there is no further key to turn to: begin with prepare");
    }));

  it("loses nothing that is written while keys change", () =>
    opened(async ({ encryption, reopen }) => {
      const { datastore } = encryption;
      const writes: Promise<void>[] = [];
      const turns = (async () => {
        for (let i = 0; i < 5; i++) await encryption.run("rotate-keys");
      })();
      for (let i = 0; i < 500; i++) {
        writes.push(put(datastore, `${KEY}${i % 50}`, `${i}`));
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      await Promise.all([turns, ...writes]);
      const { items } = await (await reopen()).datastore.list(secrets);
      expect(items.map(({ value }) => Number(value)).toSorted((a, b) => a - b))
        .toEqual(Array.from({ length: 50 }, (_, i) => 450 + i));
    }));

  it("says which key is missing, and does not open what was moved or changed", () =>
    opened(async ({ dataDir, below, encryption, reopen }) => {
      await put(encryption.datastore, KEY, TEXT);
      const sealed = await raw(below);
      await put(below, "/registry/secrets/default/b", sealed);
      await expect(encryption.datastore.get("/registry/secrets/default/b")).rejects.toThrow(
        "does not decrypt with the key",
      );
      await put(below, KEY, `${sealed.slice(0, -8)}AAAAAAA=`);
      await expect(encryption.datastore.list(secrets)).rejects.toThrow("does not decrypt with the key");
      await Deno.remove(encryptionFile(dataDir));
      await put(below, KEY, sealed);
      const file = encryptionFile(dataDir);
      await expect((await reopen()).datastore.get(KEY)).rejects.toThrow(
        `is encrypted with the key aesgcmkey-20260101T000000, which is not there: put back the file that had it, ${file}`,
      );
    }));

  const wrong: readonly [string, string][] = [
    ["nonsense", "it is no JSON"],
    ["{}", "it is no EncryptionConfiguration"],
    ['{"kind":"EncryptionConfiguration","resources":[]}', "it must have providers for secrets, and for nothing else"],
    [
      '{"kind":"EncryptionConfiguration","resources":[{"resources":["secrets"],"providers":[{"kms":{}}]}]}',
      'the provider "kms" is neither aesgcm nor identity',
    ],
    [
      '{"kind":"EncryptionConfiguration","resources":[{"resources":["secrets"],"providers":[{"aesgcm":{"keys":[{"name":"k","secret":"AAAA"}]}}]}]}',
      "the key k is not 32 bytes in base64",
    ],
  ];
  for (const [text, message] of wrong) {
    it(`refuses a configuration: ${message}`, () =>
      opened(async ({ dataDir, reopen }) => {
        await Deno.writeTextFile(encryptionFile(dataDir), text);
        await expect(reopen()).rejects.toThrow(`${encryptionFile(dataDir)}: ${message}`);
      }));
  }
});
