import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { authorizationOf, BearerTokens, parseChallenge } from "./authorization.ts";

describe("parseChallenge", () => {
  it("reads quoted and bare values, whatever the case", () => {
    expect(parseChallenge('Bearer realm="https://auth.example/token",service="a \\"b\\", c",Scope=repository:x:pull'))
      .toEqual({
        scheme: "bearer",
        parameters: { realm: "https://auth.example/token", service: 'a "b", c', scope: "repository:x:pull" },
      });
    expect(parseChallenge("BASIC")).toEqual({ scheme: "basic", parameters: {} });
    expect(parseChallenge("")).toEqual({ scheme: "", parameters: {} });
  });
});

describe("authorizationOf", () => {
  it("shows name and password to who asks for them", () => {
    const credentials = { username: "pilot", password: "pä:ss" };
    expect(authorizationOf('Basic realm="x"', credentials)).toBe("Basic cGlsb3Q6cMOkOnNz");
    expect(authorizationOf("Basic", { auth: "YTpi" })).toBe("Basic YTpi");
    expect(authorizationOf("Bearer realm=x", credentials)).toBeUndefined();
    expect(authorizationOf("Basic", undefined)).toBeUndefined();
  });
});

describe("BearerTokens", () => {
  const target = new URL("https://registry.example/v2/team/app/manifests/1");
  const challenge = 'Bearer realm="https://auth.example/token?a=b",service="s",scope="repository:team/app:pull"';

  /** A service with these answers, one for each request. */
  function serviceWith(...answers: readonly { readonly code: number; readonly body: string }[]) {
    const calls: { readonly url: string; readonly headers: Record<string, string> }[] = [];
    return {
      calls,
      get(url: URL, headers: Record<string, string>) {
        const { code, body } = answers[calls.length]!;
        calls.push({ url: url.href, headers });
        const message = new IncomingMessage(new Socket());
        message.statusCode = code;
        message.push(body);
        message.push(null);
        return Promise.resolve(message);
      },
    };
  }

  it("keeps a token for its repository as long as it lasts", async () => {
    const { calls, get } = serviceWith({ code: 200, body: '{"access_token":"t","expires_in":300}' });
    const tokens = new BearerTokens({ identityToken: "me" }, get);
    expect(await tokens.answerTo(challenge, target)).toBe("Bearer t");
    expect(calls).toEqual([{
      url: "https://auth.example/token?a=b&service=s&scope=repository%3Ateam%2Fapp%3Apull",
      headers: { authorization: "Bearer me" },
    }]);
    expect(tokens.known(new URL("https://registry.example/v2/team/app/blobs/sha256:1"))).toBe("Bearer t");
    expect(tokens.known(new URL("https://registry.example/v2/team/other/blobs/sha256:1"))).toBeUndefined();
  });

  it("does not keep one that ends at once", async () => {
    const tokens = new BearerTokens(undefined, serviceWith({ code: 200, body: '{"token":"t","expires_in":5}' }).get);
    expect(await tokens.answerTo(challenge, target)).toBe("Bearer t");
    expect(tokens.known(target)).toBeUndefined();
  });

  it("has none where there is none to be had", async () => {
    const refused = serviceWith({ code: 401, body: "" }, { code: 200, body: "{}" });
    const tokens = new BearerTokens({ username: "a", password: "b" }, refused.get);
    expect(await tokens.answerTo(challenge, target)).toBeUndefined();
    expect(await tokens.answerTo(challenge, target)).toBeUndefined();
    expect(await tokens.answerTo("Bearer service=x", target)).toBeUndefined();
    expect(await tokens.answerTo('Basic realm="https://auth.example/"', target)).toBeUndefined();
    expect(refused.calls.length).toBe(2);
  });

  it("reads no endless answer", async () => {
    const tokens = new BearerTokens(undefined, serviceWith({ code: 200, body: "x".repeat(65 * 1024) }).get);
    await expect(tokens.answerTo(challenge, target)).rejects.toThrow("answers without end");
  });
});
