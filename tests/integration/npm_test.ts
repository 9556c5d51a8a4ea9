import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../e2e/cluster.ts";
import { vitestPackage } from "../fixtures/vitest_package.ts";

const top = new URL("../../", import.meta.url).pathname;

/** As a user of the npm package writes it. */
const USERS_TEST = `
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { startCluster } from "@skiff/cluster";
import { afterAll, beforeAll, expect, it } from "vitest";

const kubectl = (cluster, ...args) =>
  execFileSync("kubectl", ["--kubeconfig", cluster.kubeconfig, ...args], { encoding: "utf8" });

let cluster;
beforeAll(async () => {
  cluster = await startCluster({ hollowNodes: 1 });
  kubectl(cluster, "create", "deployment", "web", "--image=any");
  kubectl(cluster, "rollout", "status", "deployment/web", "--timeout=60s");
}, 60_000);
afterAll(() => cluster.close());

it("gives each test a cluster of its own", async () => {
  const [one, other] = await Promise.all([cluster.fork(), cluster.fork()]);
  kubectl(one, "delete", "deployment", "web", "--wait");
  expect(kubectl(one, "get", "deployments", "-o", "name")).toBe("");
  expect(kubectl(other, "get", "deployments", "-o", "name")).toBe("deployment.apps/web\\n");
  expect(kubectl(other, "get", "pods", "-o", "jsonpath={.items[*].status.phase}")).toBe("Running");
  expect(new Set([cluster.url, one.url, other.url]).size).toBe(3);
  await one.close();
  await one.close();
  expect(existsSync(one.kubeconfig)).toBe(false);
  // The other one is left to the end of the first.
}, 60_000);

it("says what is wrong", async () => {
  await expect(startCluster({ binary: "/no/skiff" })).rejects.toThrow("there is no program /no/skiff: install skiff");
  await expect(startCluster({ hollowNodes: -1 })).rejects.toThrow('--hollow-nodes "-1" is not a number from 0 to 1000');
}, 60_000);
`;

describe("the npm package", () => {
  let project = "";
  const env = { SKIFF_BINARY: `${top}scripts/skiff`, NO_COLOR: "1" };
  beforeAll(async () => {
    project = await Deno.makeTempDir({ prefix: "skiff-npm-" });
    await Deno.mkdir(`${project}/node_modules/@skiff`, { recursive: true });
    await Deno.symlink(`${top}npm`, `${project}/node_modules/@skiff/cluster`);
    await Deno.writeTextFile(`${project}/package.json`, '{ "type": "module" }');
  });
  afterAll(() => Deno.remove(project, { recursive: true }));

  it("gives clusters to tests under vitest and Node.js", async () => {
    const vitest = await vitestPackage();
    await Deno.symlink(vitest, `${project}/node_modules/vitest`);
    await Deno.writeTextFile(`${project}/web.test.js`, USERS_TEST);
    const { code, stdout, stderr } = await run("node", [`${vitest}/vitest.mjs`, "run", "--root", project], { env });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/Tests\s+2 passed/);
  }, 240_000);

  it("leaves nothing behind when its process is killed", async () => {
    const script = `
import { startCluster } from "@skiff/cluster";
const cluster = await startCluster();
console.log(cluster.kubeconfig);
process.kill(process.pid, "SIGKILL");`;
    await Deno.writeTextFile(`${project}/killed.js`, script);
    const { stdout } = await run("node", [`${project}/killed.js`], { env });
    const directory = stdout.trim().replace(/\/kubeconfig$/, "");
    expect(directory).toMatch(/\/skiff-/);
    for (let tries = 0; await Deno.stat(directory).then(() => true, () => false); tries++) {
      if (tries > 600) throw new Error(`${directory} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, 120_000);
});
