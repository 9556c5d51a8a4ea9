import { describe, expect, it } from "vitest";
import { podtemplates } from "../../api/resources.ts";
import { pathOf, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

interface Named {
  readonly metadata: { readonly name: string };
}

describe("a list in pieces", () => {
  const api = sharedApi();

  it("is of one resourceVersion, counts what is left, and has each object once", async () => {
    const namespace = await api().namespace();
    const path = pathOf(podtemplates, namespace);
    const template = { spec: { containers: [{ name: "c", image: "i" }] } };
    const names = Array.from({ length: 45 }, (_, i) => `template-${String(i).padStart(4, "0")}`);
    for (const name of names) {
      await api().call("POST", path, { body: typed(podtemplates, { metadata: { name }, template }) });
    }
    const found: string[] = [];
    let token = "", version: string | undefined;
    do {
      const { json } = await api().call("GET", `${path}?limit=17&continue=${encodeURIComponent(token)}`);
      version ??= json.metadata.resourceVersion;
      expect(json.metadata.resourceVersion).toBe(version);
      expect(json.items.length).toBeLessThanOrEqual(17);
      found.push(...json.items.map(({ metadata }: Named) => metadata.name));
      expect(json.metadata.remainingItemCount ?? 0).toBe(names.length - found.length);
      token = json.metadata.continue ?? "";
      // Later objects are no part of the list that was begun.
      const metadata = { name: `late-${found.length}` };
      await api().call("POST", path, { body: typed(podtemplates, { metadata, template }) });
    } while (token !== "");
    expect(found).toEqual(names);
    const all = await api().call("GET", `${path}?limit=0`);
    expect([all.json.items.length, all.json.metadata.continue]).toEqual([names.length + 3, undefined]);
  });
});
