import { createHash } from "node:crypto";
import { tar } from "../archive.ts";
import { nodeArchitecture } from "../pause_image.ts";

/** An image of one file, as a registry or an OCI layout holds it. */
export interface OciImage {
  readonly manifest: Uint8Array;
  readonly manifestDigest: string;
  /** Manifest, configuration and layer by digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

export async function ociImage(content: string): Promise<OciImage> {
  const blobs = new Map<string, Uint8Array>();
  const add = (bytes: Uint8Array) => {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  };
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const layer = add(await tar([{ path: "content", content: new TextEncoder().encode(content), mode: 0o644 }]));
  const config = add(json({
    architecture: nodeArchitecture(),
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  }));
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer }],
  });
  return { manifest, manifestDigest: add(manifest).digest, blobs };
}

/** The layout as a tar archive, with annotations on its one manifest. */
export async function ociArchive(image: OciImage, annotations: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const { manifest, manifestDigest } = image;
  return await tar([
    { path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }), mode: 0o644 },
    {
      path: "index.json",
      content: json({
        schemaVersion: 2,
        manifests: [{ mediaType: MANIFEST_TYPE, digest: manifestDigest, size: manifest.length, annotations }],
      }),
      mode: 0o644,
    },
    ...[...image.blobs].map(([digest, content]) => ({
      path: `blobs/${digest.replace(":", "/")}`,
      content,
      mode: 0o644,
    })),
  ]);
}

/** A registry on this machine that has one image, as `team/app:v1`, and wants a user and password where asked to. */
export function serveRegistry(
  image: OciImage,
  credentials?: { readonly username: string; readonly password: string },
): { readonly host: string; close(): Promise<void> } {
  const expected = credentials && `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (expected && request.headers.get("authorization") !== expected) {
      const headers = { "www-authenticate": 'Basic realm="test"' };
      return new Response('{"errors":[{"code":"UNAUTHORIZED"}]}', { status: 401, headers });
    }
    if (pathname === "/v2/") return new Response("{}");
    const isManifest = pathname === "/v2/team/app/manifests/v1" || pathname.endsWith(image.manifestDigest);
    const body = isManifest ? image.manifest : image.blobs.get(pathname.replace(/^\/v2\/team\/app\/blobs\//, ""));
    if (!body) return new Response('{"errors":[{"code":"NAME_UNKNOWN"}]}', { status: 404 });
    const headers = {
      "content-type": isManifest ? MANIFEST_TYPE : "application/octet-stream",
      "content-length": String(body.length),
      ...(isManifest ? { "docker-content-digest": image.manifestDigest } : {}),
    };
    return new Response(request.method === "HEAD" ? null : body as Uint8Array<ArrayBuffer>, { headers });
  });
  return { host: `127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}
