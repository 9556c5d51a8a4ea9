import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { Container, ContainerStatus, ContainerUser, ResourceStatus } from "../../../api/types/core_v1.ts";

const healths = ["Healthy", "Unhealthy", "Unknown"];
const maxHealthMessage = 1024;
const maxId = 2 ** 31 - 1;

/** Who runs in a container. */
export function validateUser(user: ContainerUser | undefined, os: string, path: Path, errors: FieldError[]): void {
  if (!user?.linux) return;
  if (os === "windows") errors.push(FieldError.forbidden(path, "cannot be set for a windows pod"));
  if (os !== "linux") return;
  const { uid = 0, gid = 0, supplementalGroups = [] } = user.linux;
  const ids: [number, Path][] = [
    [uid, path.child("uid")],
    [gid, path.child("gid")],
    ...supplementalGroups.map((id, index): [number, Path] => [id, path.child("supplementalGroups").index(index)]),
  ];
  for (const [id, at] of ids) {
    if (id < 0 || id > maxId) errors.push(FieldError.invalid(at, id, `must be between 0 and ${maxId}, inclusive`));
  }
}

/** The devices of a container and how they are. `containers` are the Pod's; undefined where none of them can have any. */
export function validateAllocatedResources(
  { name, allocatedResourcesStatus = [] }: ContainerStatus,
  containers: readonly Container[] | undefined,
  path: Path,
  errors: FieldError[],
): void {
  const list = path.child("allocatedResourcesStatus");
  if (!containers) {
    if (allocatedResourcesStatus.length > 0) {
      errors.push(FieldError.forbidden(list, "must not be specified in container status"));
    }
    return;
  }
  const container = containers.find((one) => one.name === name);
  for (const [index, resource] of allocatedResourcesStatus.entries()) {
    // A container that is not there is nobody's fault: the writer may have seen another spec.
    if (container) validateResourceName(container, resource.name, list.index(index).child("name"), errors);
    validateHealth(resource.resources ?? [], list.index(index).child("resources"), errors);
  }
}

function validateResourceName({ resources = {} }: Container, name: string, path: Path, errors: FieldError[]): void {
  if (!name.startsWith("claim:")) {
    if (Object.hasOwn(resources.requests ?? {}, name)) return;
    errors.push(FieldError.invalid(path, name, "must match one of the container's resource requests"));
    return;
  }
  const isClaimed = resources.claims?.some((claim) =>
    name === `claim:${claim.name}${claim.request ? `/${claim.request}` : ""}`
  );
  if (isClaimed) return;
  const detail =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
  errors.push(FieldError.invalid(path, name, detail));
}

function validateHealth(resources: NonNullable<ResourceStatus["resources"]>, path: Path, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, { resourceID, health = "", message }] of resources.entries()) {
    const at = path.index(index);
    if (!healths.includes(health)) errors.push(FieldError.notSupported(at.child("health"), health, healths));
    if (message === "") errors.push(FieldError.required(at.child("message"), "must be non-empty if specified"));
    else if (message !== undefined && new TextEncoder().encode(message).length > maxHealthMessage) {
      errors.push(FieldError.tooLong(at.child("message"), maxHealthMessage));
    }
    if (seen.has(resourceID)) errors.push(FieldError.duplicate(at.child("resourceID"), resourceID));
    seen.add(resourceID);
  }
}
