import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { type Datastore, type KeyValue, prefixRange } from "../../datastore/contract.ts";
import { readIfPresent, writeFileAtomically } from "../pki/files.ts";
import {
  type EncryptionKey,
  type EncryptionState,
  formatConfiguration,
  newKey,
  parseConfiguration,
} from "./configuration.ts";
import { EncryptedDatastore } from "./encrypted_datastore.ts";
import { EncryptionError } from "./error.ts";
import { isSealed, keyOf, seal, unseal } from "./sealed_value.ts";

/** What `skiff secrets-encrypt status` tells. */
export interface EncryptionStatus {
  readonly enabled: boolean;
  /** The first one writes; the names alone. */
  readonly keys: readonly string[];
  /** How many Secrets were written with each key. */
  readonly secrets: Readonly<Record<string, number>>;
  readonly plain: number;
  /** How many of them are not as they would be written now. */
  readonly stale: number;
  readonly configuration: string;
}

/** Each leaves the keys so that everything can be read, whenever it is interrupted. */
export const encryptionSteps = ["enable", "disable", "prepare", "rotate", "reencrypt", "rotate-keys"] as const;
export type EncryptionStep = (typeof encryptionSteps)[number];

const SECRETS = "/registry/secrets/";
const PAGE = 500;

const logger = getLogger(["skiff", "server", "encryption"]);

export function encryptionFile(dataDir: string): string {
  return `${dataDir}/server/cred/encryption-config.json`;
}

export interface EncryptionOptions {
  readonly dataDir: string;
  readonly clock: Pick<Clock, "now">;
  /** Encrypt from the first start on. A configuration that is there already counts more. */
  readonly enable: boolean;
  /** Tells other servers of the same datastore of a configuration before it is used. Rejects when they have another one than this server. */
  readonly share?: (text: string) => Promise<void>;
}

/**
 * Encryption of Secrets at rest, as kube-apiserver does it by an EncryptionConfiguration with AES-GCM keys, which lies in the data directory. Whoever has the
 * datastore or a snapshot of it, but not that file, cannot read them. Objects that were written as plain text, or with any key that the file holds, can be read.
 */
export class Encryption {
  /** What the API server is to work with. */
  readonly datastore: EncryptedDatastore;
  /** The one below: what is rewritten must not be opened on the way. */
  readonly #store: Datastore;
  readonly #file: string;
  readonly #clock: Pick<Clock, "now">;
  readonly #share: (text: string) => Promise<void>;
  #state: EncryptionState;
  #keys: ReadonlyMap<string, EncryptionKey>;
  #turn: Promise<void> = Promise.resolve();

  private constructor(store: Datastore, { dataDir, clock, share }: EncryptionOptions, state: EncryptionState) {
    this.#store = store;
    this.#file = encryptionFile(dataDir);
    this.#clock = clock;
    this.#share = share ?? (async () => {});
    this.#state = state;
    this.#keys = keysOf(state);
    this.datastore = new EncryptedDatastore(store, {
      protects: (key) => this.#state.enabled && key.startsWith(SECRETS),
      seal: (key, value) => seal(this.#state.keys[0]!, key, value),
      open: (key, value) => this.#open(key, value),
      unreadable: (key, error) => logger.error("{key} cannot be read: {error}", { key, error }),
    });
  }

  /** Rejects with an {@linkcode EncryptionError} for a configuration that cannot be followed. */
  static async open(store: Datastore, options: EncryptionOptions): Promise<Encryption> {
    const file = encryptionFile(options.dataDir);
    const text = await readIfPresent(file);
    const state = text === undefined ? { enabled: false, keys: [] } : parseConfiguration(text, file);
    const encryption = new Encryption(store, options, state);
    if (text === undefined && options.enable) await encryption.run("enable");
    return encryption;
  }

  async status(): Promise<EncryptionStatus> {
    const secrets: Record<string, number> = {};
    let plain = 0;
    let stale = 0;
    for await (const { value } of this.#stored()) {
      const name = keyOf(value);
      if (name === undefined) plain++;
      else secrets[name] = (secrets[name] ?? 0) + 1;
      if (!this.#isCurrent(value)) stale++;
    }
    const { enabled, keys } = this.#state;
    return { enabled, keys: keys.map(({ name }) => name), secrets, plain, stale, configuration: this.#file };
  }

  /** Takes a step; one at a time. Rejects with an {@linkcode EncryptionError}. */
  run(step: EncryptionStep): Promise<EncryptionStatus> {
    const result = this.#turn.then(async () => {
      await this.#steps[step]();
      return await this.status();
    });
    this.#turn = result.then(() => {}, () => {});
    return result;
  }

  readonly #steps: Readonly<Record<EncryptionStep, () => Promise<void>>> = {
    enable: async () => {
      const { keys } = this.#state;
      await this.#keep({ enabled: true, keys: keys.length > 0 ? keys : [newKey(this.#clock.now(), [])] });
      await this.#rewrite();
    },
    disable: async () => {
      await this.#keep({ ...this.#state, enabled: false });
      await this.#rewrite();
    },
    prepare: () => this.#prepare(),
    rotate: () => this.#rotate(),
    reencrypt: async () => {
      await this.#rewrite();
      await this.#dropOthers();
    },
    "rotate-keys": async () => {
      if (this.#state.keys.length < 2) await this.#prepare();
      await this.#rotate();
      await this.#rewrite();
      await this.#dropOthers();
    },
  };

  /** A further key, which writes nothing yet: every server must be able to read it first. */
  async #prepare(): Promise<void> {
    const { enabled, keys } = this.#state;
    if (!enabled) throw wrongStep("Secrets are not encrypted: begin with skiff secrets-encrypt enable");
    if (keys.length > 1) {
      throw wrongStep(`there is a further key already, ${keys.at(-1)!.name}: go on with rotate, or end with reencrypt`);
    }
    await this.#keep({ enabled, keys: [...keys, newKey(this.#clock.now(), keys)] });
  }

  async #rotate(): Promise<void> {
    const { enabled, keys } = this.#state;
    if (!enabled || keys.length < 2) throw wrongStep("there is no further key to turn to: begin with prepare");
    await this.#keep({ enabled, keys: [keys.at(-1)!, ...keys.slice(0, -1)] });
  }

  /** The file of before is kept beside it: snapshots of that time need its keys. */
  async #dropOthers(): Promise<void> {
    const { enabled, keys } = this.#state;
    if (!enabled || keys.length < 2) return;
    const { stale } = await this.status();
    if (stale > 0) {
      throw wrongStep(`${stale} Secrets were written with other keys meanwhile: does another server still use them?`);
    }
    await writeFileAtomically(`${this.#file}.old`, formatConfiguration(this.#state), 0o600);
    await this.#keep({ enabled, keys: keys.slice(0, 1) });
  }

  /** Whatever is not as it would be written now is written anew; what somebody else writes meanwhile is so already. */
  async #rewrite(): Promise<void> {
    await this.datastore.settled();
    for await (const { key, value, modRevision } of this.#stored()) {
      if (this.#isCurrent(value)) continue;
      const { enabled, keys } = this.#state;
      const text = this.#open(key, value);
      await this.#store.commit([
        { kind: "put", key, value: enabled ? seal(keys[0]!, key, text) : text, expect: modRevision },
      ]);
    }
  }

  /** Whether a value lies in the datastore as it would be written now. */
  #isCurrent(value: string): boolean {
    return this.#state.enabled ? keyOf(value) === this.#state.keys[0]!.name : !isSealed(value);
  }

  #open(key: string, value: string): string {
    try {
      return unseal(this.#keys, key, value);
    } catch (error) {
      if (!(error instanceof EncryptionError) || error.reason !== "unknownKey") throw error;
      throw new EncryptionError(
        "unknownKey",
        `${error.message}: put back the file that had it, ${this.#file} or ${this.#file}.old of that time`,
        { cause: error },
      );
    }
  }

  async *#stored(): AsyncGenerator<KeyValue> {
    const range = prefixRange(SECRETS);
    for (let start = range.start;;) {
      const { items, more } = await this.#store.list({ start, end: range.end }, { limit: PAGE });
      yield* items;
      if (!more || items.length === 0) return;
      start = `${items.at(-1)!.key}\0`;
    }
  }

  /** On the disk first: nothing may be written with a key that a crash would take away. */
  async #keep(state: EncryptionState): Promise<void> {
    const text = formatConfiguration(state);
    await this.#share(text);
    await writeFileAtomically(this.#file, text, 0o600);
    this.#state = state;
    this.#keys = keysOf(state);
  }
}

function keysOf({ keys }: EncryptionState): ReadonlyMap<string, EncryptionKey> {
  return new Map(keys.map((key) => [key.name, key]));
}

function wrongStep(message: string): EncryptionError {
  return new EncryptionError("wrongStep", message);
}
