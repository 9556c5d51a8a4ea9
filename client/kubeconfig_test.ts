import { describe, expect, it } from "vitest";
import { KubeconfigError, resolveKubeconfig } from "./kubeconfig.ts";

const text = `
apiVersion: v1
kind: Config
current-context: here
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: ${btoa("CA")}}
users:
- name: u
  user: {client-certificate: cert.pem, client-key-data: ${btoa("KEY")}}
- name: plugin
  user: {exec: {command: aws}}
contexts:
- name: here
  context: {cluster: c, user: u, namespace: work}
- name: there
  context: {cluster: c, user: plugin}
- name: broken
  context: {cluster: none, user: u}
`;

describe("resolveKubeconfig", () => {
  it("gives the server and the credentials of the current context", async () => {
    const directory = await Deno.makeTempDir();
    await Deno.writeTextFile(`${directory}/cert.pem`, "CERT");
    expect(await resolveKubeconfig(text, `${directory}/config`)).toEqual({
      server: "https://10.0.0.1:6443",
      namespace: "work",
      ca: "CA",
      cert: "CERT",
      key: "KEY",
    });
    await Deno.remove(directory, { recursive: true });
  });

  it.each([
    ["there", "authenticates by a plugin"],
    ["broken", 'there is no cluster "none"; it has "c"'],
    ["nowhere", 'there is no context "nowhere"'],
    ["here", "client-certificate cert.pem cannot be read"],
  ])("says what is wrong with a context: %s", async ([context, message]) => {
    await expectError(resolveKubeconfig(text, "/nonexistent/config", context), message!);
  });

  it.each(["a: [", "text"])("says which file is no kubeconfig: %s", async (broken) => {
    await expectError(resolveKubeconfig(broken, "/nonexistent/config"), "kubeconfig /nonexistent/config");
  });
});

async function expectError(call: Promise<unknown>, message: string): Promise<void> {
  const error = await call.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(KubeconfigError);
  expect((error as Error).message).toContain(message);
}
