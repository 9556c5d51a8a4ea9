import { type Check, error, warning } from "../finding.ts";

const MB = 1_000_000;
const YEAR = 365.25 * 24 * 3600 * 1000;
/** Certificates are made for ten years at most: a clock that is further ahead is wrong. */
const AHEAD = 10 * YEAR;
/** A server with its agent holds about 145 MB and containerd 60; beside them something shall run. */
const LEAST_MEMORY = 400 * MB, LITTLE_MEMORY = 900 * MB;
/** The unpacked file is 220 MB; images come on top. */
const LEAST_DISK = 500 * MB, LITTLE_DISK = 3000 * MB;
/** etcd's own advice for its disk is 10 ms; SQLite waits once for each batch of writes. */
const SLOW_FSYNC = 25, HOPELESS_FSYNC = 500;
/** File systems that lose the locks or the writes that a database needs. */
const NETWORK_FILE_SYSTEMS = ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"];

const date = (time: number): string => new Date(time).toISOString().slice(0, 10);
const inMB = (bytes: number): string => `${Math.round(bytes / MB)} MB`;

/** Root, clock, memory, disk, name. */
export const machineChecks: readonly Check[] = [
  {
    name: "root",
    ofNodes: true,
    run: ({ uid }) =>
      uid === 0
        ? undefined
        : error("containers need root", "use sudo, or --disable-agent for a server without containers"),
  },
  {
    name: "clock",
    run({ clock: { now, built, synchronized } }) {
      const set =
        "set it: sudo timedatectl set-ntp true, or sudo date -s '2026-01-31 12:00'; a machine without a battery clock wants " +
        "fake-hwclock or a time server in its network";
      if (now < built) return error(`the clock shows ${date(now)}, before this Skiff was made (${date(built)})`, set);
      if (now > built + AHEAD) return error(`the clock shows ${date(now)}, years after this Skiff was made`, set);
      if (synchronized === false) return warning("the clock is not synchronised with a time server", set);
      return undefined;
    },
  },
  {
    name: "memory",
    run({ memory: { totalBytes } }) {
      const more = "leave the containers out with --disable-agent, or take a machine with more";
      if (totalBytes < LEAST_MEMORY) {
        return error(
          `the machine has ${inMB(totalBytes)} of memory; Skiff with containers needs ${inMB(LEAST_MEMORY)}`,
          more,
        );
      }
      if (totalBytes < LITTLE_MEMORY) return warning(`${inMB(totalBytes)} of memory leave little for Pods`, more);
      return undefined;
    },
  },
  {
    name: "disk space",
    run({ disk: { path, freeBytes }, wanted }) {
      const mend = `free some in ${path}, or choose another place with --data-dir`;
      const what = `${inMB(freeBytes)} are free for ${wanted.dataDir}`;
      if (freeBytes < LEAST_DISK) return error(what, mend);
      if (freeBytes < LITTLE_DISK && wanted.runsContainers) return warning(`${what}: few images will fit`, mend);
      return undefined;
    },
  },
  {
    name: "file system",
    run({ disk: { path, fileSystem } }) {
      const local = "choose a directory on a local disk with --data-dir";
      if (NETWORK_FILE_SYSTEMS.includes(fileSystem)) {
        return error(
          `${path} is on ${fileSystem}: databases and containers cannot live on a network file system`,
          local,
        );
      }
      if (fileSystem === "tmpfs") {
        return warning(`${path} is on tmpfs: everything is lost when the machine stops`, local);
      }
      if (fileSystem === "overlay") {
        return warning(`${path} is on overlay: images take the slower way of whole copies`, local);
      }
      return undefined;
    },
  },
  {
    name: "disk speed",
    run({ disk: { path, fsync }, wanted }) {
      if (!fsync || wanted.role === "agent") return undefined;
      const mend =
        "use a better card (class A2) or an SSD on USB, or keep the datastore elsewhere with --datastore-endpoint";
      const what = `bringing 4 KiB to the disk of ${path} takes ${fsync.p50.toFixed(1)} ms (p99 ${
        fsync.p99.toFixed(1)
      } ms)`;
      if (fsync.p50 > HOPELESS_FSYNC) return error(`${what}: every write waits for it`, mend);
      if (fsync.p50 > SLOW_FSYNC) return warning(`${what}: every write waits for it`, mend);
      return undefined;
    },
  },
  {
    name: "host name",
    ofNodes: true,
    run({ hostname }) {
      const name = hostname.toLowerCase();
      const set = "sudo hostnamectl set-hostname NAME, or --node-name NAME";
      if (name === "localhost" || name.startsWith("localhost.")) {
        return warning(`the machine is called ${hostname}, and so would its node be`, set);
      }
      if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name) && name.length <= 253) {
        return undefined;
      }
      return error(`${JSON.stringify(hostname)} cannot be a node's name: only letters, digits, - and . can`, set);
    },
  },
];
