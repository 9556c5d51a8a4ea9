import type { KubeObject } from "../../../api/resource.ts";

/** Between a served version and the stored one. Both functions own their argument and may give it back changed. */
export interface Conversion {
  /** Of the served version. */
  readonly apiVersion: string;
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}
