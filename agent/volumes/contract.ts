import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Volume,
} from "../../api/types/core_v1.ts";

/** A kind of volume. `all.ts` lists them by the field of `Volume` that chooses them. */
export interface VolumePlugin {
  /** The name of its directory below the Pod's: `kubernetes.io~empty-dir`. */
  readonly directory: string;
  /**
   * Makes the volume, or brings it up to date when it is there. Answers where it is on the node. Rejects with a {@linkcode VolumeError}.
   */
  setUp(context: VolumeContext): Promise<VolumeReady>;
}

export interface VolumeReady {
  readonly path: string;
  /** When its content is to be made again though no object changed, in milliseconds since the epoch: a token grows old. */
  readonly refreshAt?: number;
  /** Mounts of it are read-only whatever they say. */
  readonly readonly?: boolean;
}

export interface VolumeContext {
  readonly pod: Pod;
  readonly volume: Volume;
  /** The volume's own directory, below the Pod's; not made yet. */
  readonly directory: string;
  readonly sources: VolumeSources;
  readonly signal: AbortSignal;
}

/** What volumes are filled from. */
export interface VolumeSources {
  /** Undefined when there is none of that name. What is asked for is watched until the Pod has gone. */
  configMap(pod: Pod, name: string): Promise<ConfigMap | undefined>;
  secret(pod: Pod, name: string): Promise<Secret | undefined>;
  claim(pod: Pod, name: string): Promise<PersistentVolumeClaim | undefined>;
  persistentVolume(name: string): Promise<PersistentVolume | undefined>;
  token(pod: Pod, request: TokenNeed): Promise<ServiceAccountToken>;
  /** The text of a downward API `fieldRef` or `resourceFieldRef`. */
  field(pod: Pod, path: string): string;
  resource(pod: Pod, selector: { containerName?: string; resource: string; divisor?: string }): string;
}

export interface TokenNeed {
  readonly audience?: string;
  readonly expirationSeconds: number;
}

export interface ServiceAccountToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly refreshAt: number;
}

/** Why a volume cannot be had. The message goes into the Pod's FailedMount event. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
  constructor(
    readonly reason: "notFound" | "invalid" | "unsupported" | "failed",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The volumes of all Pods on this node. */
export interface Volumes {
  /**
   * Makes every volume of the Pod, or brings those that are there up to date. Rejects with a {@linkcode VolumeError} for the first that
   * fails; the others are made all the same. Answers when it wants to be called again though nothing changed.
   */
  setUp(pod: Pod, signal: AbortSignal): Promise<number | undefined>;
  /** Where the volume is; undefined before `setUp` made it. */
  path(pod: Pod, volume: string): VolumeReady | undefined;
  /** Binds a path inside a volume for one container, safe against links that lead out of it; answers what to mount. */
  subPath(pod: Pod, volume: string, container: string, index: number, subPath: string): Promise<string>;
  /** Unmounts all and removes what the volumes held; of `hostPath` and claims nothing but the mount. Idempotent. */
  tearDown(uid: string): Promise<void>;
}
