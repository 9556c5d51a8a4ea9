import type { Facts } from "../facts.ts";
import { type Check, error, type Problem } from "../finding.ts";

const NEEDED = ["cpu", "memory", "pids"];
/** What makes the Pi's kernel offer memory control groups; its firmware turns them off. */
const PI_WORDS = ["cgroup_memory=1", "cgroup_enable=memory"];

/** The control groups that Pods are put into. */
export const cgroupChecks: readonly Check[] = [{
  name: "control groups",
  ofNodes: true,
  run(facts) {
    const { cgroups } = facts;
    if (cgroups.version === 0) {
      return error(
        "no control groups are mounted at /sys/fs/cgroup",
        "mount them: mount -t cgroup2 cgroup2 /sys/fs/cgroup (on OpenRC: rc-update add cgroups && rc-service cgroups start)",
      );
    }
    const missing = NEEDED.filter((controller) => !cgroups.controllers.includes(controller));
    return missing.length === 0 ? undefined : missingControllers(facts, missing);
  },
}];

function missingControllers({ raspberryPi, cgroups }: Facts, missing: readonly string[]): Problem {
  const what = `the kernel offers no control group for ${missing.join(" and ")} (version ${cgroups.version})`;
  const words = PI_WORDS.filter((word) => !raspberryPi?.commandLine.split(/\s+/).includes(word));
  if (raspberryPi && missing.includes("memory") && words.length > 0) {
    // The file is one line: what stands on a second one is ignored.
    return error(
      what,
      `put ${
        words.join(" ")
      } at the end of the line in ${raspberryPi.file}, and start the ${raspberryPi.model} again: ` +
        `sudo sed -i '1 s/$/ ${words.join(" ")}/' ${raspberryPi.file} && sudo reboot`,
    );
  }
  return error(
    what,
    `boot the kernel with ${missing.map((controller) => `cgroup_enable=${controller}`).join(" ")} ` +
      "(in /etc/default/grub: GRUB_CMDLINE_LINUX, then update-grub and reboot)",
  );
}
