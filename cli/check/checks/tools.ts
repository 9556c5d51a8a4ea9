import { packagesOf } from "../../host_tools.ts";
import { type Check, error } from "../finding.ts";

/** The programs that are run. */
export const toolChecks: readonly Check[] = [
  {
    name: "programs",
    ofNodes: true,
    run({ missingTools }) {
      if (missingTools.length === 0) return undefined;
      return error(
        `not on this machine: ${missingTools.join(", ")}`,
        `sudo apt-get install ${packagesOf(missingTools).join(" ")} (the names are Debian's)`,
      );
    },
  },
  {
    name: "runc",
    ofNodes: true,
    run({ runcError }) {
      if (runcError === undefined) return undefined;
      return error(
        `runc does not run: ${runcError}`,
        "install the package libseccomp2 and glibc 2.34 or newer (Debian 12, Ubuntu 22.04), or runc itself",
      );
    },
  },
];
