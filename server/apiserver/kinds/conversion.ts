import type { KubeObject } from "../../../api/resource.ts";
import type { Strategy } from "./strategy.ts";

/** Between a served version and the stored one. Both functions own their argument and may give it back changed. */
export interface Conversion {
  /** Of the served version. */
  readonly apiVersion: string;
  /** What field selectors call the fields of the served version, and what the stored one calls them; absent when all names are the same. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What is asked of objects in this version, in the stored one's form, where it is something else. */
  readonly strategy?: Strategy;
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}
