import { describe, expect, it } from "vitest";
import { busyboxImage } from "../fixtures/busybox_image.ts";
import { IMAGE, run } from "./cluster.ts";
import { hostNames, traces } from "./host_state.ts";

const skiff = new URL("../../scripts/skiff", import.meta.url).pathname;

describe("skiff ephemeral with real containers", () => {
  it("runs Pods on this machine, several clusters side by side, and leaves nothing of them", async () => {
    const archive = await Deno.makeTempFile({ prefix: "skiff-ephemeral-", suffix: ".tar" });
    try {
      await Deno.writeFile(archive, await busyboxImage(IMAGE));
      // The Pod talks to its own API server by the cluster's DNS.
      const script = `
kubectl run hello --image=${IMAGE} --restart=Never -- sh -c 'nc -w 10 kubernetes.default 443 </dev/null && echo hello from $0' "$0" >/dev/null &&
kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/hello --timeout=60s >/dev/null &&
kubectl logs hello && dirname $KUBECONFIG`;
      const outputs = await Promise.all(
        ["one", "two"].map((name) =>
          run(skiff, ["ephemeral", "--nodes=1", `--images=${archive}`, "--", "sh", "-c", script, name])
        ),
      );
      for (const [i, { code, stdout, stderr }] of outputs.entries()) {
        expect([code, stderr]).toEqual([0, ""]);
        const [said, directory] = stdout.split("\n");
        expect(said).toBe(`hello from ${["one", "two"][i]}`);
        await expect(Deno.stat(directory!)).rejects.toThrow(Deno.errors.NotFound);
        expect(await tracesOf(directory!)).toEqual([]);
      }
    } finally {
      await Deno.remove(archive);
    }
  }, 180_000);
});

/** The names come from the path, which must be there for a moment. */
async function tracesOf(directory: string): Promise<readonly string[]> {
  await Deno.mkdir(directory);
  try {
    return await traces(await hostNames(directory), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
