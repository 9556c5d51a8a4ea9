import { Command } from "commander";
import { UserError } from "./error.ts";
import { setUpCommandLogging } from "./logging.ts";
import { forUser } from "./user_errors.ts";

/** `skiff stop`: of what install.sh installed; `scripts/down` stops what `scripts/up` started. */
export function stopCommand(): Command {
  return new Command("stop")
    .description("stop the installed Skiff and its containers; `--keep-pods` lets them run on")
    .option("--name <name>", "which installation, where there are several")
    .option("--keep-pods", "leave the containers running", false)
    .action(async (flags: { name?: string; keepPods: boolean }) => {
      requireRoot();
      await setUpCommandLogging();
      const [{ findInstallation }, { stop }] = await modules();
      const installation = await findInstallation(flags.name);
      await forUser(() => stop(installation, flags));
      console.log(`${installation.name} is stopped`);
    });
}

interface DrainFlags {
  readonly name?: string;
  readonly nodeName?: string;
  readonly kubeconfig?: string;
  readonly timeout: string;
}

/** `skiff drain-stop`: the node's Pods move elsewhere first. */
export function drainStopCommand(): Command {
  return new Command("drain-stop")
    .description(
      "cordon this node, evict its Pods as their disruption budgets allow, then stop; `kubectl uncordon` takes it back",
    )
    .option("--name <name>", "which installation, where there are several")
    .option("--node-name <name>", "the node's name (its own on an agent, the host's on a server)")
    .option("--kubeconfig <file>", "of who may evict Pods (the administrator on a server, the node itself on an agent)")
    .option(
      "--timeout <seconds>",
      "give up when Pods are left after so long; the node stays cordoned and runs on",
      "300",
    )
    .action(async (flags: DrainFlags) => {
      requireRoot();
      const seconds = /^[0-9]{1,6}$/.test(flags.timeout) ? Number(flags.timeout) : NaN;
      if (Number.isNaN(seconds)) {
        throw new UserError(`--timeout ${JSON.stringify(flags.timeout)} is no number of seconds`);
      }
      await setUpCommandLogging();
      const [{ findInstallation }, { dataDirOf, stop }] = await modules();
      const installation = await findInstallation(flags.name);
      const { node, left } = await forUser(() => drainOwn(dataDirOf(installation), flags, seconds * 1000));
      if (left.length > 0) {
        throw new UserError(
          `still on ${node} after ${seconds} s: ${left.join(", ")}; the node is cordoned and runs on`,
        );
      }
      await forUser(() => stop(installation, { keepPods: false }));
      console.log(`${node} is drained, ${installation.name} is stopped`);
    });
}

async function drainOwn(dataDir: string, { kubeconfig, nodeName }: DrainFlags, timeout: number) {
  const [{ openDrainer }, { drain }, { systemClock }] = await Promise.all([
    import("./stop/drainer.ts"),
    import("./stop/drain.ts"),
    import("../api/clock.ts"),
  ]);
  const { node, client: opened } = await openDrainer({ dataDir, kubeconfig, nodeName });
  using client = opened;
  return { node, ...await drain(client, { node, timeout, clock: systemClock(), tell: console.log }) };
}

function modules() {
  return Promise.all([import("./uninstall/installation.ts"), import("./stop/stop.ts")]);
}

function requireRoot(): void {
  if (Deno.uid() !== 0) throw new UserError("stopping a service needs root: use sudo");
}
