import type { ContainerConfig, ExecResult } from "../contract.ts";

/** What a simulated container does once it runs. */
export interface Behaviour {
  /** Milliseconds until it ends by itself; undefined for one that runs until it is stopped. */
  readonly endsAfter?: number;
  readonly exitCode: number;
}

/** On a container's annotations these come before its command. */
export const behaviourAnnotations = {
  /** Seconds, with a fraction if need be; absent, it runs until it is stopped. */
  exitAfter: "simulated.skiff/exit-after",
  exitCode: "simulated.skiff/exit-code",
} as const;

/**
 * From annotations, else from the few commands that tests use: `true`, `false`, `sleep N`, `echo …`, and `exit N` in a shell. Everything else
 * is taken for a server.
 */
export function behaviourOf(config: Pick<ContainerConfig, "annotations" | "command" | "args">): Behaviour {
  const after = config.annotations[behaviourAnnotations.exitAfter];
  const code = Number(config.annotations[behaviourAnnotations.exitCode] ?? 0);
  if (after !== undefined) return { endsAfter: Number(after) * 1000, exitCode: code };
  return behaviourOfCommand([...config.command, ...config.args]);
}

/** A command that runs in a container; undefined when it does not end by itself within the limit (milliseconds; 0: none). */
export function execute(command: readonly string[], limit: number): ExecResult | undefined {
  const { endsAfter = 0, exitCode } = behaviourOfCommand(command);
  if (limit > 0 && endsAfter > limit) return undefined;
  const stdout = command[0] === "echo" ? `${command.slice(1).join(" ")}\n` : "";
  return { stdout: new TextEncoder().encode(stdout), stderr: new Uint8Array(), exitCode };
}

function behaviourOfCommand(command: readonly string[]): Behaviour {
  const name = (command[0] ?? "").replace(/^.*\//, "");
  return COMMANDS[name]?.(command.slice(1)) ?? { exitCode: 0 };
}

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Behaviour | undefined>> = {
  true: () => ({ endsAfter: 0, exitCode: 0 }),
  false: () => ({ endsAfter: 0, exitCode: 1 }),
  echo: () => ({ endsAfter: 0, exitCode: 0 }),
  sleep: ([seconds]) => ({ endsAfter: Number(seconds ?? 0) * 1000, exitCode: 0 }),
  sh: shell,
  bash: shell,
};

/** `sh -c "sleep 1; exit 3"`, in any such combination. */
function shell([flag, script]: readonly string[]): Behaviour | undefined {
  if (flag !== "-c" || script === undefined) return undefined;
  let endsAfter = 0;
  for (const command of script.split(/;|&&/).map((text) => text.trim().split(/\s+/))) {
    if (command[0] === "exit") return { endsAfter, exitCode: Number(command[1] ?? 0) };
    const behaviour = COMMANDS[command[0] ?? ""]?.(command.slice(1));
    if (behaviour?.endsAfter === undefined) return undefined;
    endsAfter += behaviour.endsAfter;
  }
  return { endsAfter, exitCode: 0 };
}
