import { DecodeError } from "../../api/codec/problem.ts";
import { canonicalJson } from "../../api/meta/hash.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import { annotationKeys } from "../pods/labels.ts";
import { withDefaults } from "./pod_defaults.ts";

/** A manifest that is no Pod. The message begins with `FILE:LINE:COLUMN: `, as far as known. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
  constructor(readonly reason: "unreadable" | "invalid" | "duplicate", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export interface Manifest {
  readonly pods: readonly Pod[];
  /** What is wrong but can be lived with: fields that no Pod has. */
  readonly warnings: readonly string[];
}

/**
 * The static Pods of one file, YAML (also several documents) or JSON, as this node will run them: named `NAME-NODE`, with a uid that changes with the
 * content. Rejects with a {@linkcode ManifestError}; of a file with an error nothing is run.
 */
export async function readManifest(text: string, path: string, nodeName: string): Promise<Manifest> {
  // A node without static Pods does not load the schema for them.
  const { decodeYAML } = await import("../../api/codec/yaml.ts");
  try {
    const decoded = decodeYAML(text, { apiVersion: "v1", kind: "Pod" });
    const warnings = decoded.flatMap(({ problems }) =>
      problems.map(({ position, message }) => `${place(path, position)}: ${message}`)
    );
    const pods = await Promise.all(decoded.map(async ({ object, position }) => {
      const pod = object as unknown as Pod;
      require(pod, place(path, position));
      return await toStaticPod(pod, path, nodeName);
    }));
    return { pods, warnings };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const position = error.position ?? error.problems[0]?.position;
    throw new ManifestError("invalid", `${place(path, position)}: ${error.message}`, { cause: error });
  }
}

function place(path: string, position: { readonly line: number; readonly column: number } | undefined): string {
  return position ? `${path}:${position.line}:${position.column}` : path;
}

const nameSyntax = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What must be right for the node to work with it; the API checks the rest when it gets the mirror Pod. */
function require(pod: Pod, at: string): void {
  const refuse = (what: string) => {
    throw new ManifestError("invalid", `${at}: ${what}`);
  };
  const { name = "" } = pod.metadata ?? {};
  if (!nameSyntax.test(name) || name.length > 200) {
    refuse(`metadata.name: ${JSON.stringify(name)} is no name of a Pod (lower case letters, digits, "-" and ".")`);
  }
  if (!pod.spec?.containers?.length) refuse("spec.containers: a Pod needs at least one container");
  const names = new Set<string>();
  for (const container of [...pod.spec.initContainers ?? [], ...pod.spec.containers]) {
    if (!container.name) refuse("spec.containers: a container has no name");
    if (!container.image) refuse(`spec.containers: container ${JSON.stringify(container.name)} has no image`);
    if (names.has(container.name)) refuse(`spec.containers: two are named ${JSON.stringify(container.name)}`);
    names.add(container.name);
  }
  if (pod.spec.serviceAccountName) {
    refuse("spec.serviceAccountName: a static Pod runs without the API and cannot have a service account");
  }
}

async function toStaticPod(pod: Pod, path: string, nodeName: string): Promise<Pod> {
  const bytes = new TextEncoder().encode(canonicalJson([pod, path, nodeName]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 32);
  const { status: _, ...rest } = pod;
  return withDefaults({
    ...rest,
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name}-${nodeName}`,
      namespace: pod.metadata.namespace || "default",
      uid: hash,
      annotations: {
        ...pod.metadata.annotations,
        [annotationKeys.configSource]: "file",
        [annotationKeys.configHash]: hash,
      },
    },
    spec: {
      ...pod.spec,
      nodeName,
      // It has no scheduler to send it elsewhere: no taint drives it away.
      tolerations: [...pod.spec.tolerations ?? [], { operator: "Exists", effect: "NoExecute" }],
    },
  });
}
