import { createInterface } from "node:readline";
import type { KubeObject, Resource } from "../../api/resource.ts";
import { pathOf, type TestApi } from "./api.ts";

export interface Seen {
  readonly type: string;
  // What comes over the wire is looked at field by field.
  // deno-lint-ignore no-explicit-any
  readonly object: any;
}

/** A watch over HTTPS whose events are asked for one by one; disposing of it ends the request. */
export class Watching implements Disposable {
  readonly #events: AsyncIterator<string>;
  readonly #end: () => void;

  private constructor(events: AsyncIterator<string>, end: () => void) {
    this.#events = events;
    this.#end = end;
  }

  static async start(
    api: TestApi,
    resource: Resource,
    namespace: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Watching> {
    const search = new URLSearchParams({ watch: "true", timeoutSeconds: "60", ...query });
    const response = await api.open("GET", `${pathOf(resource, namespace)}?${search}`);
    if (response.statusCode !== 200) throw new Error(`the watch of ${resource.resource} got ${response.statusCode}`);
    // A request that is ended makes its reader fail, which nobody waits for any more.
    response.on("error", () => {});
    const lines = createInterface({ input: response });
    return new Watching(lines[Symbol.asyncIterator](), () => response.destroy());
  }

  async next(): Promise<Seen> {
    const { value, done } = await this.#events.next();
    if (done) throw new Error("the watch ended before the event that was waited for");
    return JSON.parse(value) as Seen;
  }

  /** The next event of this type that the check accepts; those in between are passed over. */
  async until(type: string, accepts: (object: Seen["object"]) => boolean = () => true): Promise<KubeObject> {
    for (;;) {
      const event = await this.next();
      if (event.type === type && accepts(event.object)) return event.object;
    }
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}
