import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { pause } from "../../client/pause.ts";
import type { Pki } from "./pki.ts";

export interface KeepRenewedOptions {
  readonly pki: Pick<Pki, "renew">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Puts the new certificates to use. */
  readonly renewed: () => void | Promise<void>;
}

/** The clock may jump at any time, so the certificates' ends are looked at again and again instead of waited for. */
const LOOK_EVERY = 3_600_000;

const logger = getLogger(["skiff", "server", "pki"]);

/** Renews the server's own certificates while it runs, until the signal aborts. Never rejects: what fails is tried again an hour later. */
export async function keepRenewed({ pki, clock, signal, renewed }: KeepRenewedOptions): Promise<void> {
  for (;;) {
    await pause(clock, LOOK_EVERY, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      if (!await pki.renew()) continue;
      await renewed();
      logger.info("the server's certificates were renewed");
    } catch (error) {
      logger.error("the server's certificates could not be renewed: {error}", { error });
    }
  }
}
