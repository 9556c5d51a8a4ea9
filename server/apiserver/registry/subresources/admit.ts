import type { KubeObject } from "../../../../api/resource.ts";
import type { CreateRequest, RequestContext } from "../../contract.ts";
import type { Shelf } from "../system.ts";

/**
 * Asks admission about an action on an object, which is the creation of its subresource. `object` is what was sent, and may be changed; `check` throws
 * for what is wrong with it.
 */
export async function admitAction(
  { row, system: { admission } }: Shelf,
  context: RequestContext,
  { namespace, name = "", subresource = "", options: { dryRun } }: CreateRequest,
  object: KubeObject,
  check = () => {},
): Promise<void> {
  const request = {
    operation: "CREATE",
    row,
    subresource,
    namespace,
    name: name || (object.metadata?.name ?? ""),
    object,
    user: context.user,
    dryRun,
    warn: (message: string) => context.warn(message),
  } as const;
  await admission.mutate(request);
  check();
  await admission.validate(request);
}
