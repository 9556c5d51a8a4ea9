import { describe, expect, it } from "vitest";
import { credentialsByHost, hostsFiles } from "./hosts_toml.ts";
import { parseRegistries } from "./registries_file.ts";

const TEXT = `
mirrors:
  nothing.example: {}
  docker.io:
    endpoint:
      - "https://registry.example:5000"
      - mirror.example/v2/hub
    rewrite:
      "^library/(.*)": "hub/\${1}"
      "^(.*)": "other/$1"
  quay.io:
    endpoint: [http://127.0.0.1:5001]
  "*":
    endpoint: ["https://all.example"]
configs:
  registry.example:5000:
    auth: {username: me, password: "s3cret"}
    tls: {ca_file: /ca.pem, cert_file: /c.pem, key_file: /k.pem}
  all.example:
    tls: {insecure_skip_verify: true}
  docker.io:
    auth: {auth: dXNlcjpwYXNz}
  lonely.example:
    tls: {ca_file: /lonely.pem}
`;

const rewriting = (registry: string, endpoint: URL) => `http://127.0.0.1:9/${registry}/${endpoint.host}/v2`;

describe("registries.yaml", () => {
  const registries = parseRegistries(TEXT, "r.yaml");

  it("is read as k3s's users write it", () => {
    const { endpoints, rewrites } = registries.mirrors.get("docker.io")!;
    expect(endpoints.map(({ href }) => href)).toEqual([
      "https://registry.example:5000/",
      "https://mirror.example/v2/hub",
    ]);
    expect(rewrites.map(({ pattern, replacement }) => "library/busybox".replace(pattern, replacement)))
      .toEqual(["hub/busybox", "other/library/busybox"]);
    expect(registries.configs.get("registry.example:5000")).toEqual({
      auth: { username: "me", password: "s3cret" },
      tls: { caFile: "/ca.pem", certFile: "/c.pem", keyFile: "/k.pem" },
    });
    expect(parseRegistries("", "r.yaml").mirrors.size).toBe(0);
    expect(parseRegistries("mirrors:\nconfigs:", "r.yaml").configs.size).toBe(0);
  });

  it("becomes containerd's hosts.toml", () => {
    const files = hostsFiles(registries, { onlyMirrors: false, rewriting });
    expect([...files.keys()]).toEqual([
      "docker.io",
      "quay.io",
      "_default",
      "registry.example:5000",
      "all.example",
      "lonely.example",
    ]);
    expect(files.get("docker.io")).toBe(`
[host."http://127.0.0.1:9/docker.io/registry.example:5000/v2"]
capabilities = ["pull","resolve"]
override_path = true

[host."http://127.0.0.1:9/docker.io/mirror.example/v2"]
capabilities = ["pull","resolve"]
override_path = true
`);
    expect(files.get("quay.io")).toBe(`
[host."http://127.0.0.1:5001"]
capabilities = ["pull","resolve"]
`);
    expect(files.get("_default")).toBe(`
[host."https://all.example"]
capabilities = ["pull","resolve"]
skip_verify = true
`);
    expect(files.get("lonely.example")).toBe(`server = "https://lonely.example"
ca = "/lonely.pem"

[host."https://lonely.example"]
ca = "/lonely.pem"
`);
  });

  it("leaves the registry itself out when mirrors alone are wanted", () => {
    const quay = hostsFiles(registries, { onlyMirrors: true, rewriting }).get("quay.io");
    expect(quay).toContain('server = "http://127.0.0.1:5001"\n');
    expect(quay).not.toContain("https://quay.io");
  });

  it("has credentials for the hosts that are spoken to", () => {
    const everywhere = parseRegistries(
      "mirrors: {a.b: {endpoint: [c.d]}}\nconfigs: {'*': {auth: {auth: eDp5}}}",
      "r.yaml",
    );
    expect([...credentialsByHost(registries).keys()]).toEqual([
      "registry.example:5000",
      "docker.io",
      "registry-1.docker.io",
    ]);
    expect([...credentialsByHost(everywhere)]).toEqual([["c.d", { auth: "eDp5" }]]);
  });

  const wrong: readonly [string, string][] = [
    ["mirrors: [", "r.yaml:1: Flow sequence in block collection"],
    ["mirror:\n  a: {}", "r.yaml:1: mirror: is not one of mirrors, configs"],
    ["mirrors:\n  a:\n    endpoints: []", "r.yaml:3: endpoints: is not one of endpoint, rewrite"],
    ["mirrors:\n  a:\n    endpoint: b", "r.yaml:3: endpoint: is no list"],
    ["mirrors:\n  a:\n    endpoint: ['http://']", 'r.yaml:3: endpoint: "http://" is no address'],
    ["mirrors:\n  a:\n    rewrite: {b: c}", "r.yaml:2: a: rewrite needs an endpoint"],
    ["mirrors:\n  a:\n    endpoint: [b]\n    rewrite: {'(': c}", 'r.yaml:4: (: "(" is no regular expression'],
    ["configs:\n  a:\n    auth: {username: b}", "r.yaml:3: auth: username and password go together"],
    ["configs:\n  a:\n    tls:\n      cert_file: /b", "r.yaml:3: tls: cert_file and key_file go together"],
    ["configs:\n  a:\n    tls:\n      ca_file: b", 'r.yaml:4: ca_file: "b" is no absolute path'],
    [
      "configs:\n  a:\n    tls:\n      insecure_skip_verify: maybe",
      "r.yaml:4: insecure_skip_verify: is neither true nor false",
    ],
  ];
  for (const [text, message] of wrong) {
    it(`is refused: ${message}`, () => expect(() => parseRegistries(text, "r.yaml")).toThrow(message));
  }
});
