import { describe, expect, it } from "vitest";
import { checkLateImports, linkThreads } from "./program.ts";

describe("linkThreads", () => {
  it("points to a thread's bundle, from wherever it is made", () => {
    const made = 'new Worker(new URL("./worker.ts",import.meta.url))';
    const inFolder = 'new Worker(new URL("../datastore/sqlite/worker.js",import.meta.url))';
    expect(linkThreads("chunk-1.js", made)).toBe('new Worker(new URL("./datastore/sqlite/worker.js",import.meta.url))');
    expect(linkThreads("cli/main.js", made)).toBe(inFolder);
  });

  it("leaves other URLs alone", () => {
    const text = 'new URL("../manifests",import.meta.url);new URL(url)';
    expect(linkThreads("chunk-1.js", text)).toBe(text);
  });

  it("refuses a module that is not bundled", () => {
    expect(() => linkThreads("chunk-1.js", 'new URL("./other.ts",import.meta.url)')).toThrow(
      'chunk-1.js refers to the module "./other.ts", which is no entry of the bundle: add it to ENTRIES',
    );
  });
});

describe("checkLateImports", () => {
  const commonJs = ["tar.js", "var a=b(c=>{c.pack=1});export default a();"] as const;

  it("refuses names of a CommonJS module", () => {
    const user = ["agent.js", 'async function f(){let{pack:e}=await import("./tar.js")}'] as const;
    expect(() => checkLateImports([commonJs, user])).toThrow(
      "agent.js takes pack from a CommonJS module that it imports late",
    );
  });

  it("lets its default export, and names of other modules, pass", () => {
    const module = ["jose.js", "export{a as SignJWT};"] as const;
    const user = [
      "agent.js",
      'let{default:e}=await import("./tar.js");let{SignJWT:s}=await import("./jose.js")',
    ] as const;
    expect(() => checkLateImports([commonJs, module, user])).not.toThrow();
  });
});
