import type { Clock } from "../api/clock.ts";

/** What is used of a TCP or TLS socket. */
export interface Peered {
  readonly localPort?: number | undefined;
  readonly remotePort?: number | undefined;
  setKeepAlive?(enable: boolean, milliseconds: number): unknown;
}

export interface PeerWatchOptions {
  /** Whether the connection is still left unread. */
  readonly isHeld: () => boolean;
  /** Called once. */
  readonly onGone: () => void;
  /** Sends something that a live peer puts up with: what is left of a dead one answers with a reset, however full its way to us is. */
  readonly probe?: () => void;
}

/** How long a connection is left unread before its peer is looked for, and between two looks; in milliseconds. */
const LOOK_AFTER = 15_000;
const ESTABLISHED = "01";

/**
 * Finds out that a peer has ended its connection while nothing is read from it. Behind input that nobody takes its end would stay unread for
 * ever, and two processes that both wait for the other would keep the connection for ever. Costs nothing while data flows.
 *
 * An end that does not fit into the receive buffer does not even arrive. Then a probe brings it to light at the next look; without one the
 * kernels' timers do, which takes minutes.
 */
export class PeerWatch {
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly socket: Peered,
    private readonly options: PeerWatchOptions,
  ) {
    socket.setKeepAlive?.(true, LOOK_AFTER);
  }

  /** To be called when reading is suspended. */
  held(): void {
    if (!this.#stopped) this.#cancel ??= this.clock.after(LOOK_AFTER, () => void this.#look());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    const { isHeld, onGone, probe } = this.options;
    const gone = isHeld() && !await isEstablished(this.socket);
    this.#cancel = undefined;
    if (this.#stopped || !isHeld()) return;
    if (gone) {
      this.stop();
      onGone();
    } else {
      probe?.();
      this.held();
    }
  }
}

/** False once the peer has sent its end. True where the kernel does not tell. */
export async function isEstablished({ localPort, remotePort }: Peered): Promise<boolean> {
  if (localPort === undefined || remotePort === undefined) return true;
  const [ours, theirs] = [localPort, remotePort].map((port) => port.toString(16).toUpperCase().padStart(4, "0"));
  // Columns: number, local address, remote address, state. Two connections with the same ports are told apart by nobody: both count.
  const row = new RegExp(`^ *\\d+: [0-9A-F]+:${ours} [0-9A-F]+:${theirs} ${ESTABLISHED} `, "m");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await Deno.readTextFile(table).catch(() => undefined);
    if (text === undefined ? table === "/proc/net/tcp" : row.test(text)) return true;
  }
  return false;
}
