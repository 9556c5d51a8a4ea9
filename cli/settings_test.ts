import { describe, expect, it } from "vitest";
import { Command } from "commander";
import { type ServerFlags, withServerFlags } from "./server_flags.ts";
import { addressInNetwork } from "./flag_values.ts";
import { settingsFrom } from "./settings.ts";

const host = { name: "Pi-4", address: "192.0.2.7", workingDirectory: "/home/user" };

function settings(...args: string[]) {
  const command = withServerFlags(new Command("server")).exitOverride().configureOutput({ writeErr: () => {} });
  return settingsFrom(command.parse(args, { from: "user" }).opts<ServerFlags>(), host);
}

describe("settings of skiff server", () => {
  it("has defaults that users of k3s know", async () => {
    const { server, agent } = await settings();
    expect(server).toEqual({
      dataDir: "/var/lib/skiff",
      bindAddress: "0.0.0.0",
      port: 6443,
      advertiseAddress: "192.0.2.7",
      tlsSan: ["pi-4", "192.0.2.7"],
      clusterCidr: "10.42.0.0/16",
      serviceCidr: "10.43.0.0/16",
      nodePorts: { first: 30000, last: 32767 },
      clusterDns: "10.43.0.10",
      clusterDomain: "cluster.local",
      diskWriteBudget: 50_000_000,
      snapshots: { cron: "0 */12 * * *", keep: 5, node: "pi-4" },
      kubeconfig: "/etc/skiff/skiff.yaml",
      kubeconfigMode: 0o600,
      disable: [],
      http1Only: false,
      name: "pi-4",
      cluster: { init: false, clientPort: 2379, peerPort: 2380 },
    });
    expect(agent).toEqual({
      dataDir: "/var/lib/skiff",
      nodeName: "pi-4",
      nodeIP: "192.0.2.7",
      nodeLabels: [],
      nodeTaints: [],
      clusterCidr: "10.42.0.0/16",
      serviceCidr: "10.43.0.0/16",
      clusterDns: "10.43.0.10",
      clusterDomain: "cluster.local",
      registriesFile: "/etc/skiff/registries.yaml",
      kubeletPort: 10250,
      resolvConf: "/etc/resolv.conf",
      instance: "skiff",
    });
  });

  it("takes relative paths, repeated and joined flags", async () => {
    const { server, agent } = await settings(
      "--data-dir=./data/",
      "--tls-san=a.example,b.example",
      "--tls-san=c.example",
      "--node-label=zone=x",
      "--node-taint=dedicated=gpu:NoSchedule",
      "--node-taint=alone:NoExecute",
    );
    expect(server.dataDir).toBe("/home/user/data");
    expect(server.tlsSan.slice(2)).toEqual(["a.example", "b.example", "c.example"]);
    expect(agent?.nodeLabels).toEqual(["zone=x"]);
    expect(agent?.nodeTaints).toEqual(["dedicated=gpu:NoSchedule", "alone:NoExecute"]);
    expect(agent?.instance).toMatch(/^sk[0-9a-f]{6}$/);
  });

  it("takes a server to join, and refuses what does not go with it", async () => {
    const { server } = await settings("--server=https://192.0.2.1:6443/", "--etcd-peer-port=12380");
    expect(server.cluster).toEqual({
      init: false,
      server: "https://192.0.2.1:6443",
      clientPort: 2379,
      peerPort: 12380,
    });
    await expect(settings("--server=192.0.2.1")).rejects.toThrow("not of the form https://HOST:PORT");
    await expect(settings("--cluster-reset", "--cluster-init")).rejects.toThrow("leave out --cluster-init");
    await expect(settings("--cluster-reset-restore-path=x")).rejects.toThrow("goes with --cluster-reset");
    await expect(settings("--etcd-client-port=x")).rejects.toThrow("--etcd-client-port");
  });

  it("takes files for a datastore that is reached by TLS", async () => {
    const { server } = await settings(
      "--datastore-cafile=ca.pem",
      "--datastore-certfile=/c.pem",
      "--datastore-keyfile=/k.pem",
    );
    expect(server.datastoreTls).toEqual({ caFile: "/home/user/ca.pem", certFile: "/c.pem", keyFile: "/k.pem" });
    await expect(settings("--datastore-certfile=/c.pem")).rejects.toThrow("go together");
  });

  it("takes how the datastore is cared for, also by k3s's names", async () => {
    const { server } = await settings(
      "--disk-write-budget=1.5MB",
      "--etcd-snapshot-dir=snaps",
      "--etcd-snapshot-retention=3",
      "--snapshot-schedule-cron=@daily",
    );
    expect(server.diskWriteBudget).toBe(1_500_000);
    expect(server.snapshots).toEqual({ cron: "@daily", keep: 3, node: "pi-4", directory: "/home/user/snaps" });
    expect((await settings("--disable-snapshots")).server.snapshots).toBeUndefined();
    // A datastore that others share is theirs to save, unless it is asked for.
    const shared = "--datastore-endpoint=https://etcd:2379";
    expect((await settings(shared)).server.snapshots).toBeUndefined();
    expect((await settings(shared, "--snapshot-schedule-cron=@daily")).server.snapshots?.cron).toBe("@daily");
  });

  it("takes a bucket for snapshots, also by k3s's names", async () => {
    const { server } = await settings(
      "--etcd-s3",
      "--etcd-s3-endpoint=minio.example:9000",
      "--s3-insecure",
      "--etcd-s3-bucket=b",
      "--s3-access-key=a",
      "--etcd-s3-secret-key=s",
      "--s3-folder=/f/",
    );
    expect(server.snapshots?.s3).toEqual({
      endpoint: "http://minio.example:9000",
      bucket: "b",
      region: "us-east-1",
      folder: "f",
      accessKey: "a",
      secretKey: "s",
      timeout: 300_000,
    });
  });

  it("leaves the agent out", async () => expect((await settings("--disable-agent")).agent).toBeUndefined());

  const wrong: readonly [string[], string][] = [
    [["--https-listen-port=99999"], '--https-listen-port "99999" is not a number from 0 to 65535'],
    [["--service-cidr=10.43.0.0"], '--service-cidr "10.43.0.0" is no IPv4 network such as 10.42.0.0/16'],
    [["--service-cidr=10.43.0.0/30"], "--service-cidr 10.43.0.0/30: the prefix must be from /8 to /28"],
    [
      ["--service-cidr=10.42.128.0/20"],
      "--cluster-cidr 10.42.0.0/16 and --service-cidr 10.42.128.0/20 overlap; choose two networks that do not",
    ],
    [["--cluster-dns=10.1.1.1"], "--cluster-dns 10.1.1.1 is not in the service network 10.43.0.0/16"],
    [
      ["--service-node-port-range=32000-31000"],
      "--service-node-port-range 32000-31000: the first port is above the last",
    ],
    [["--write-kubeconfig-mode=9"], '--write-kubeconfig-mode "9" is no octal file mode such as 600'],
    [["--node-label=zone"], '--node-label "zone" is not of the form key=value'],
    [
      ["--node-taint=a:Sometimes"],
      '--node-taint: node taint "a:Sometimes" is not key=value:effect with an effect of NoSchedule, PreferNoSchedule, NoExecute',
    ],
    [["--disk-write-budget=much"], '--disk-write-budget "much" is no number of bytes such as 50MB, or 0'],
    [["--snapshot-retention=0"], '--snapshot-retention "0" is not a number from 1 on'],
    [["--snapshot-schedule-cron=often"], '--snapshot-schedule-cron: "often" is no schedule such as "0 */12 * * *"'],
    [["--s3"], "--s3 needs --s3-bucket"],
    [["--s3", "--s3-endpoint=a/b"], '--s3-endpoint "a/b" is no host such as s3.example.com:9000'],
    [["--s3", "--s3-timeout=5m"], '--s3-timeout "5m" is no number of seconds such as 300'],
    [["--node-ip=here"], '--node-ip "here" is no IP address'],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(" ")}`, async () => await expect(settings(...args)).rejects.toThrow(message));
  }

  it("names the nearest flag for an unknown one", () => {
    expect(() => settings("--data-dirr=x")).toThrow("unknown option '--data-dirr=x'");
  });

  it("counts addresses over byte borders", () => expect(addressInNetwork("10.0.0.250/24", 10)).toBe("10.0.1.4"));
});
