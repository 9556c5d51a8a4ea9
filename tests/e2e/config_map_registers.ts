import { configmaps } from "../../api/resources.ts";
import { isAlreadyExists, isConflict, isNotFound, StatusError } from "../../api/status.ts";
import type { ConfigMap } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { type CommitResult, DatastoreError, type GetResult, type Operation } from "../../datastore/contract.ts";
import type { Registers } from "../../datastore/suite/linearizability/clients.ts";

/** ConfigMaps of an API server as registers, for the clients of `datastore/suite/linearizability`: each call is one that any client of Kubernetes makes. */
export function configMapRegisters(client: Client): Registers {
  return new ConfigMapRegisters(client);
}

class ConfigMapRegisters implements Registers {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async get(name: string): Promise<GetResult> {
    return await this.#get(name).catch((error) => {
      throw failure(error, "unavailable");
    });
  }

  async commit([operation]: readonly Operation[]): Promise<CommitResult> {
    const { key: name } = operation!;
    try {
      return { ok: true, revision: await this.#change(operation!) };
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error) && !isAlreadyExists(error)) throw failure(error, outcomeOf(error));
    }
    // A refusal does not say what is there: a read that comes after it does.
    const { item: actual, revision } = await this.get(name);
    return { ok: false, revision, conflicts: [{ index: 0, actual }] };
  }

  /** Answers the new revision. Rejects as the API does. */
  async #change(operation: Operation): Promise<number> {
    const { key: name, expect } = operation;
    if (operation.kind === "put") return await this.#put(name, operation.value, expect);
    const preconditions = { resourceVersion: `${expect}` };
    await this.#client.delete(configmaps, { namespace: "default", name }, { preconditions });
    return 0;
  }

  async #put(name: string, value: string, expect: number | undefined): Promise<number> {
    const object: ConfigMap = { metadata: { namespace: "default", name }, data: { value } };
    const create = () => this.#client.create(configmaps, object);
    const update = (metadata = object.metadata) => this.#client.update(configmaps, { ...object, metadata });
    if (expect === 0) return revisionOf(await create());
    if (expect !== undefined) return revisionOf(await update({ ...object.metadata, resourceVersion: `${expect}` }));
    // Whatever it is: a refusal of one has changed nothing, and the other follows.
    for (;;) {
      const created = await create().catch((error) => ignore(error, isAlreadyExists));
      if (created) return revisionOf(created);
      const updated = await update().catch((error) => ignore(error, isNotFound));
      if (updated) return revisionOf(updated);
    }
  }

  async #get(name: string): Promise<GetResult> {
    const found = await this.#client.get(configmaps, { namespace: "default", name })
      .catch((error) => ignore(error, isNotFound));
    const modRevision = found ? revisionOf(found) : 0;
    const item = found && { key: name, value: found.data!.value!, createRevision: 0, modRevision, version: 0 };
    return { revision: modRevision, item };
  }
}

function revisionOf({ metadata }: ConfigMap): number {
  return Number(metadata.resourceVersion);
}

function ignore(error: unknown, isExpected: (error: unknown) => boolean): undefined {
  if (!isExpected(error)) throw error;
  return undefined;
}

/** Only whom the server itself has refused knows that nothing was written. */
function outcomeOf(error: unknown): "unavailable" | "unknownOutcome" {
  const isRefused = error instanceof StatusError && error.code === 503 && error.cause === undefined;
  return isRefused ? "unavailable" : "unknownOutcome";
}

function failure(error: unknown, reason: "unavailable" | "unknownOutcome"): DatastoreError {
  return new DatastoreError(reason, (error as Error).message, { cause: error });
}
