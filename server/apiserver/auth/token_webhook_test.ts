import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import type { TokenReview } from "../../../api/types/authentication_v1.ts";
import type { TokenAuthenticator } from "./bearer_tokens.ts";
import { openTokenWebhook } from "./token_webhook.ts";

/** A webhook on the loopback, and who asks it. */
class Webhook implements AsyncDisposable {
  readonly asked: TokenReview[] = [];
  readonly clock = new ManualClock();
  answer: (review: TokenReview) => Response | Promise<Response> = () => Response.json({ status: {} });
  readonly #closers: (() => void)[] = [];
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.method !== "POST" || new URL(request.url).pathname !== "/token") {
      return new Response("", { status: 404 });
    }
    const review = await request.json() as TokenReview;
    this.asked.push(review);
    return await this.answer(review);
  });

  async open(version: "v1" | "v1beta1" = "v1", cacheTtl = 120_000): Promise<TokenAuthenticator> {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${this.#server.addr.port}/token` } }],
        contexts: [{ name: "x", context: { cluster: "c" } }],
        "current-context": "x",
      }),
    );
    const webhook = await openTokenWebhook(file, { version, cacheTtl, apiAudiences: ["api"], clock: this.clock });
    this.#closers.push(webhook.close);
    await Deno.remove(file);
    return webhook;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) close();
    await this.#server.shutdown();
  }
}

const jane = { username: "jane", uid: "u", groups: ["g"], extra: { "example.org/x": ["1"] } };

describe("a token webhook", () => {
  it("tells who a token is, and is not asked twice for a while", async () => {
    await using hook = new Webhook();
    const tokens = await hook.open();
    hook.answer = ({ spec }) => Response.json({ status: { authenticated: spec.token === "good", user: jane } });
    const known = { user: { name: "jane", uid: "u", groups: ["g"], extra: jane.extra }, audiences: ["api"] };
    expect(await Promise.all([tokens.authenticateToken("good", ["api"]), tokens.authenticateToken("good", ["api"])]))
      .toEqual([known, known]);
    expect(await tokens.authenticateToken("bad", ["api"])).toBe(undefined);
    expect(await tokens.authenticateToken("bad", ["api"])).toBe(undefined);
    expect(hook.asked).toEqual(["good", "bad"].map((token) => ({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token, audiences: ["api"] },
    })));
    await hook.clock.advance(120_000);
    hook.answer = () => Response.json({ status: { authenticated: false, error: "gone" } });
    await expect(tokens.authenticateToken("good", ["api"])).rejects.toMatchObject({ reason: "token" });
    expect(hook.asked).toHaveLength(3);
  });

  it("says what a token is for; without a word of it, for the API server", async () => {
    await using hook = new Webhook();
    const tokens = await hook.open("v1beta1", 0);
    hook.answer = () => Response.json({ status: { authenticated: true, user: jane } });
    expect(await tokens.authenticateToken("t", ["vault"])).toBe(undefined);
    hook.answer = () => Response.json({ status: { authenticated: true, user: jane, audiences: ["vault", "x"] } });
    expect(await tokens.authenticateToken("t", ["y", "vault"])).toMatchObject({ audiences: ["vault"] });
    expect(await tokens.authenticateToken("t", ["api"])).toBe(undefined);
    expect(hook.asked.map(({ apiVersion }) => apiVersion)).toEqual(Array(3).fill("authentication.k8s.io/v1beta1"));
  });

  it("that fails, or answers with anything else, knows nobody, and is asked again", async () => {
    await using hook = new Webhook();
    const tokens = await hook.open();
    const answers: (() => Response)[] = [
      () => new Response("", { status: 500 }),
      () => new Response("no JSON"),
      () => Response.json(null),
      () => Response.json({ status: null }),
      () => Response.json({ status: { authenticated: "yes", user: jane } }),
      () => Response.json({ status: { authenticated: true, user: { ...jane, groups: "system:masters" } } }),
      () => Response.json({ status: { authenticated: true, user: { ...jane, groups: [["system:masters"]] } } }),
      () => Response.json({ status: { authenticated: true, user: { ...jane, extra: { a: "b" } } } }),
      () => Response.json({ status: { authenticated: true, user: {} } }),
      () => Response.json({ status: { authenticated: true } }),
    ];
    for (const answer of answers) {
      hook.answer = answer;
      await expect(tokens.authenticateToken("t", ["api"])).rejects.toMatchObject({ reason: "token" });
    }
    expect(hook.asked).toHaveLength(answers.length);
    hook.answer = () => Response.json({ status: { authenticated: true, user: jane } });
    expect(await tokens.authenticateToken("t", ["api"])).toMatchObject({ user: { name: "jane" } });
  });
});
