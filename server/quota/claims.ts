import { Quantity } from "../../api/meta/quantity.ts";
import type { PersistentVolumeClaim, ScopedResourceSelectorRequirement } from "../../api/types/core_v1.ts";
import { one } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";
import { holdsFor } from "./scopes.ts";

const plain = ["persistentvolumeclaims", "requests.storage"];
/** `gold.storageclass.storage.k8s.io/requests.storage`. */
const classInfix = ".storageclass.storage.k8s.io/";
const classAnnotation = "volume.beta.kubernetes.io/storage-class";

/** Claims of storage, each counted in general and for its storage class. */
export const claimEvaluator: Evaluator = {
  resource: "/persistentvolumeclaims",
  charges: ({ operation, subresource, object, old }) => {
    if (operation === "DELETE" || (subresource !== "" && subresource !== "status")) return false;
    return subresource === "" || facts(object as PersistentVolumeClaim) !== facts(old as PersistentVolumeClaim);
  },
  limits: (name) =>
    name === "count/persistentvolumeclaims" || plain.includes(name) ||
    plain.some((each) => name.endsWith(classInfix + each)),
  usage: (object) => {
    const claim = object as PersistentVolumeClaim;
    const used = new Map([["count/persistentvolumeclaims", one], ["persistentvolumeclaims", one]]);
    const storage = storageOf(claim);
    if (storage !== undefined) used.set("requests.storage", storage);
    const className = claim.metadata.annotations?.[classAnnotation] ?? claim.spec.storageClassName;
    if (className) {
      for (const name of plain) if (used.has(name)) used.set(className + classInfix + name, used.get(name)!);
    }
    return used;
  },
  inScope: (scope, object) => isInScope(scope, object as PersistentVolumeClaim),
  varies: true,
};

/** In whole bytes. While a claim that was grown is made smaller again, what it already got counts. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const requested = spec.resources?.requests?.storage;
  if (requested === undefined) return undefined;
  const amounts = [requested, status?.allocatedResources?.storage ?? requested].map((text) => Quantity.parse(text));
  const largest = amounts.reduce((a, b) => a.compare(b) < 0 ? b : a);
  return largest.milliValue() % 1000 === 0 ? largest : Quantity.of(largest.value(), largest.format);
}

function isInScope(scope: ScopedResourceSelectorRequirement, claim: PersistentVolumeClaim): boolean {
  if (scope.scopeName !== "VolumeAttributesClass") return false;
  const names = attributeClasses(claim);
  return names.length === 0 ? holdsFor(scope, undefined) : names.some((name) => holdsFor(scope, name));
}

/** The classes that it has, wants, and is being changed to. */
export function attributeClasses({ spec, status }: PersistentVolumeClaim): string[] {
  return [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== "") as string[];
}

function facts(claim: PersistentVolumeClaim): string {
  return JSON.stringify([claim.status?.allocatedResources?.storage, claim.spec.resources, attributeClasses(claim)]);
}
