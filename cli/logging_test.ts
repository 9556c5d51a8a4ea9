import { getLogger, reset } from "@logtape/logtape";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { logSlowQuery } from "../datastore/mvcc/slow_log.ts";
import { type LogTarget, setUpLogging } from "./logging.ts";

describe("setUpLogging", () => {
  let directory: string;
  beforeEach(async () => void (directory = await Deno.makeTempDir({ prefix: "skiff-logging-" })));
  afterEach(async () => {
    await reset();
    await Deno.remove(directory, { recursive: true });
  });

  async function lines(target: LogTarget): Promise<string[]> {
    const log = `${directory}/log`;
    await setUpLogging("warning", { ...target, log });
    getLogger(["skiff", "datastore"]).warn("{file} is odd", { file: "state.db" });
    getLogger(["skiff", "datastore"]).info("all is well");
    logSlowQuery("MemberList", 105);
    return (await Deno.readTextFile(log)).trimEnd().split("\n").map((line) => line.replace(/^\S+ /, ""));
  }

  it("tells what is wrong, and how long the datastore takes", async () => {
    expect(await lines({})).toEqual([
      "WARN datastore: state.db is odd",
      "WARN datastore.slow: The datastore's query MemberList took 105 ms: is the disk slow, or the network?",
    ]);
  });

  it("leaves out the warnings of a category that is not to be heard", async () => {
    expect(await lines({ unheard: [["skiff", "datastore", "slow"]] })).toEqual(["WARN datastore: state.db is odd"]);
  });
});
