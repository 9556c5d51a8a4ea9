import { expect, it } from "vitest";
import { listenAddress } from "./listen_address.ts";

it("takes addresses with ports, and says what is none", () => {
  expect(listenAddress("--listen", "127.0.0.1:2379")).toEqual({ address: "127.0.0.1", port: 2379, isLoopback: true });
  expect(listenAddress("--listen", "[::1]:0")).toEqual({ address: "::1", port: 0, isLoopback: true });
  expect(listenAddress("--listen", "0.0.0.0:2379").isLoopback).toBe(false);
  for (
    const wrong of ["", "2379", "localhost:2379", "127.0.0.1", "127.0.0.1:99999", "::1:2379", "[x]:1", "1.2.3.400:1"]
  ) {
    expect(() => listenAddress("--listen", wrong)).toThrow(`--listen ${JSON.stringify(wrong)} is not ADDRESS:PORT`);
  }
});
