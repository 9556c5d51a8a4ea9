import { nodes } from "../../../api/resources.ts";
import { NodeIdentities } from "../../join/node_identities.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";

/** Frees a node's name when its Node is deleted: the next machine that comes with the name has it. */
export function nodeIdentityController({ client, informers }: ControllerContext): Controller {
  const known = informers.informer(nodes);
  const identities = new NodeIdentities(client);
  return {
    name: "node-identity",
    concurrency: 1,
    setup(enqueue) {
      known.onChange(({ type, object }) => {
        if (type === "deleted") enqueue(object.metadata.name ?? "");
      });
    },
    async reconcile(name, signal) {
      // Its machine runs on and has made its Node anew: it keeps the name.
      if (known.get(name) === undefined) await identities.release(name, signal);
      return DONE;
    },
  };
}
