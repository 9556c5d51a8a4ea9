import { describe, expect, it } from "vitest";
import { CHECKS, runChecks } from "./checks.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";

/** A Raspberry Pi on which nothing is wrong. */
const GOOD: Facts = {
  wanted: {
    role: "server",
    runsContainers: true,
    ownContainerd: true,
    dataDir: "/var/lib/skiff",
    apiPort: 6443,
    kubeletPort: 10250,
    installed: false,
  },
  uid: 0,
  hostname: "harbour-1",
  kernel: "6.1.21-v8+",
  cgroups: { version: 2, controllers: ["cpuset", "cpu", "io", "memory", "pids"] },
  raspberryPi: {
    model: "Raspberry Pi 4 Model B Rev 1.4",
    file: "/boot/firmware/cmdline.txt",
    commandLine: "console=tty1 root=PARTUUID=1 rootwait cgroup_memory=1 cgroup_enable=memory",
  },
  modules: { veth: "present", bridge: "loadable", overlay: "present" },
  clock: { now: Date.UTC(2026, 10, 30), built: Date.UTC(2026, 10, 1), synchronized: true },
  disk: { path: "/var/lib", fileSystem: "ext4", freeBytes: 20e9, fsync: { p50: 4, p99: 12 } },
  memory: { totalBytes: 4e9, availableBytes: 3e9 },
  listening: new Set(["tcp/22"]),
  firewall: { dropping: [] },
  missingTools: [],
  addresses: ["192.0.2.7"],
  inotifyInstances: 1024,
  appArmor: { enabled: false, hasParser: false },
};

function problems(changed: Partial<Facts>): readonly Finding[] {
  return runChecks({ ...GOOD, ...changed }).filter(({ status }) => status !== "ok");
}

const wanted = (changed: Partial<Facts["wanted"]>): Partial<Facts> => ({ wanted: { ...GOOD.wanted, ...changed } });

/** What is changed on the good machine, which check says so, how grave it is, and words of its answer. */
const CASES: readonly [string, Partial<Facts>, string, Finding["status"], RegExp, RegExp][] = [
  ["no root", { uid: 1000 }, "root", "error", /need root/, /sudo/],
  [
    "a Pi that was never prepared",
    {
      cgroups: { version: 2, controllers: ["cpu", "pids"] },
      raspberryPi: { ...GOOD.raspberryPi!, commandLine: "root=1 rootwait" },
    },
    "control groups",
    "error",
    /no control group for memory \(version 2\)/,
    /put cgroup_memory=1 cgroup_enable=memory at the end of the line in \/boot\/firmware\/cmdline\.txt, .*Raspberry Pi 4.*sed -i '1 s/,
  ],
  [
    "half of a Pi's words",
    {
      cgroups: { version: 1, controllers: ["cpu", "pids"] },
      raspberryPi: { ...GOOD.raspberryPi!, commandLine: "cgroup_memory=1" },
    },
    "control groups",
    "error",
    /memory \(version 1\)/,
    /put cgroup_enable=memory at the end/,
  ],
  [
    "another machine without memory control groups",
    { cgroups: { version: 2, controllers: ["cpu", "pids"] } },
    "control groups",
    "error",
    /memory/,
    /GRUB_CMDLINE_LINUX/,
  ],
  [
    "no control groups at all",
    { cgroups: { version: 0, controllers: [] } },
    "control groups",
    "error",
    /mounted/,
    /rc-update/,
  ],
  ["an old kernel", { kernel: "4.19.0-21" }, "kernel version", "warning", /4\.19/, /update/],
  ["no veth", { modules: { veth: "missing" } }, "kernel feature veth", "error", /no veth/, /linux-modules-extra-raspi/],
  ["no overlay", { modules: { overlay: "missing" } }, "kernel feature overlay", "warning", /layers/, /modprobe/],
  ["few inotify instances", { inotifyInstances: 128 }, "inotify", "warning", /is 128/, /sysctl/],
  [
    "AppArmor's half",
    { appArmor: { enabled: true, hasParser: false } },
    "AppArmor",
    "error",
    /apparmor_parser/,
    /apparmor/,
  ],
  [
    "a clock of 1970",
    { clock: { now: 0, built: GOOD.clock.built } },
    "clock",
    "error",
    /shows 1970-01-01, before/,
    /fake-hwclock/,
  ],
  [
    "a clock far ahead",
    { clock: { now: Date.UTC(2040, 0, 1), built: GOOD.clock.built } },
    "clock",
    "error",
    /2040/,
    /date -s/,
  ],
  ["a lonely clock", { clock: { ...GOOD.clock, synchronized: false } }, "clock", "warning", /not synchron/, /set-ntp/],
  ["a Pi 1", { memory: { totalBytes: 250e6, availableBytes: 1 } }, "memory", "error", /250 MB/, /--disable-agent/],
  ["a Pi Zero 2", { memory: { totalBytes: 512e6, availableBytes: 1 } }, "memory", "warning", /512 MB/, /disable/],
  ["a full disk", { disk: { ...GOOD.disk, freeBytes: 100e6 } }, "disk space", "error", /100 MB are free/, /--data-dir/],
  [
    "a nearly full disk",
    { disk: { ...GOOD.disk, freeBytes: 2e9 } },
    "disk space",
    "warning",
    /few images/,
    /free some/,
  ],
  ["NFS", { disk: { ...GOOD.disk, fileSystem: "nfs4" } }, "file system", "error", /is on nfs4/, /local disk/],
  ["a disk in memory", { disk: { ...GOOD.disk, fileSystem: "tmpfs" } }, "file system", "warning", /lost/, /local disk/],
  [
    "a slow card",
    { disk: { ...GOOD.disk, fsync: { p50: 61.25, p99: 240 } } },
    "disk speed",
    "warning",
    /61\.3 ms \(p99 240\.0 ms\)/,
    /SSD/,
  ],
  ["a dying card", { disk: { ...GOOD.disk, fsync: { p50: 900, p99: 3000 } } }, "disk speed", "error", /900/, /SSD/],
  ["a name with an underscore", { hostname: "my_pi" }, "host name", "error", /"my_pi" cannot/, /hostnamectl/],
  ["no name", { hostname: "localhost" }, "host name", "warning", /localhost/, /--node-name/],
  [
    "missing programs",
    { missingTools: ["nft", "ip"] },
    "programs",
    "error",
    /nft, ip/,
    /apt-get install nftables iproute2/,
  ],
  ["no libseccomp", { runcError: "libseccomp.so.2: cannot open" }, "runc", "error", /libseccomp\.so\.2/, /libseccomp2/],
  [
    "a taken port",
    { listening: new Set(["tcp/6443"]) },
    "ports",
    "error",
    /tcp\/6443 \(the API\)/,
    /--https-listen-port$/,
  ],
  ["no address", { addresses: [] }, "address", "warning", /127\.0\.0\.1/, /ip address add/],
  [
    "ufw",
    { firewall: { active: "ufw", dropping: [] } },
    "firewall",
    "warning",
    /ufw/,
    /ufw allow 6443\/tcp && .*10250\/tcp/,
  ],
  [
    "firewalld",
    { firewall: { active: "firewalld", dropping: [] } },
    "firewall",
    "warning",
    /firewalld/,
    /--add-port=6443\/tcp/,
  ],
  [
    "a policy of drop",
    { firewall: { dropping: [{ hook: "forward", chain: "filter FORWARD" }] } },
    "firewall",
    "warning",
    /filter FORWARD \(forward\)/,
    /10\.42\.0\.0\/16/,
  ],
];

describe("runChecks", () => {
  it("finds nothing wrong with a good machine", () => {
    expect(problems({})).toEqual([]);
    expect(runChecks(GOOD)).toHaveLength(CHECKS.length);
  });

  for (const [what, changed, check, status, says, mends] of CASES) {
    it(`tells of ${what}`, () => {
      const found = problems(changed);
      expect(found.map((finding) => [finding.check, finding.status])).toEqual([[check, status]]);
      expect(found[0]!.what).toMatch(says);
      expect(found[0]!.mend).toMatch(mends);
    });
  }

  it("has a case for every check", () => {
    const features = CHECKS.map(({ name }) => name).filter((name) => !name.startsWith("kernel feature "));
    expect(features.filter((name) => !CASES.some(([, , check]) => check === name))).toEqual([]);
  });

  it("does not ask of a server without containers what containers need", () => {
    const bare: Partial<Facts> = {
      uid: 1000,
      cgroups: { version: 0, controllers: [] },
      missingTools: ["containerd"],
      modules: { veth: "missing" },
    };
    expect(problems({ ...bare, ...wanted({ runsContainers: false }) })).toEqual([]);
  });

  it("does not mind its own ports, nor ports that are free to choose", () => {
    const listening = new Set(["tcp/6443", "tcp/10250", "tcp/0"]);
    expect(problems({ listening, ...wanted({ installed: true }) })).toEqual([]);
    expect(problems({ listening, ...wanted({ apiPort: 0, kubeletPort: 0 }) })).toEqual([]);
    expect(problems({ listening, ...wanted({ role: "agent", kubeletPort: 0 }) })).toEqual([]);
  });
});
