import { UserError } from "../error.ts";
import type { Init } from "./journal.ts";

/** A service of install.sh's. */
export interface Service {
  readonly init: Init;
  readonly name: string;
  readonly file: string;
}

type Commands = (service: Service) => readonly (readonly string[])[];

/** How each init system is told, one command after the other. */
const STOP: Readonly<Record<Init, Commands>> = {
  systemd: ({ name }) => [["systemctl", "stop", name]],
  openrc: ({ name }) => [["rc-service", "--ifstarted", name, "stop"]],
  plain: ({ file }) => [[file, "stop"]],
};
const DISABLE: Readonly<Record<Init, Commands>> = {
  systemd: ({ name }) => [["systemctl", "disable", "--quiet", name], ["systemctl", "reset-failed", "--quiet", name]],
  openrc: ({ name }) => [["rc-update", "--all", "--quiet", "delete", name]],
  plain: () => [],
};
const RELOAD: Readonly<Record<Init, readonly string[] | undefined>> = {
  systemd: ["systemctl", "daemon-reload"],
  openrc: undefined,
  plain: undefined,
};

/** Stops it and waits until it has ended; nothing when its file is not there (any more). */
export async function stopService(service: Service): Promise<void> {
  if (!await isThere(service.file)) return;
  for (const command of STOP[service.init](service)) {
    const { success, stderr } = await run(command);
    if (!success) throw new UserError(`${command.join(" ")} failed: ${stderr.trim()}`);
  }
}

/** So that it does not start at boot. One that was never enabled is disabled. */
export async function disableService(service: Service): Promise<void> {
  for (const command of DISABLE[service.init](service)) await run(command);
}

export async function reload(init: Init): Promise<void> {
  const command = RELOAD[init];
  if (command) await run(command);
}

async function run([command, ...args]: readonly string[]): Promise<{ success: boolean; stderr: string }> {
  try {
    const output = await new Deno.Command(command!, { args, stdin: "null", stdout: "null", stderr: "piped" }).output();
    return { success: output.success, stderr: new TextDecoder().decode(output.stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { success: false, stderr: `there is no ${command}` };
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
