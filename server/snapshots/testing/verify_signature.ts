import { createHash, createHmac } from "node:crypto";

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Whether a request to S3 is signed with the secret key, computed from AWS's description of signature version 4. */
export async function isSigned(request: Request, secretKey: string): Promise<boolean> {
  const authorization = request.headers.get("authorization") ?? "";
  const match =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/
      .exec(
        authorization,
      );
  if (!match) return false;
  const [, date, region, signedHeaders, signature] = match as unknown as [string, string, string, string, string];
  const url = new URL(request.url);
  const stated = request.headers.get("x-amz-content-sha256")!;
  const actual = createHash("sha256").update(await request.clone().bytes()).digest("hex");
  if (stated !== "UNSIGNED-PAYLOAD" && stated !== actual) return false;
  const canonical = [
    request.method,
    url.pathname.split("/").map((part) => encode(decodeURIComponent(part))).join("/"),
    [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join("&"),
    ...signedHeaders.split(";").map((name) =>
      `${name}:${(name === "host" ? url.host : request.headers.get(name))!.trim()}`
    ),
    "",
    signedHeaders,
    stated,
  ].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", request.headers.get("x-amz-date"), scope, digest].join("\n");
  const key = [date, region, "s3", "aws4_request"].reduce<string | Uint8Array>(hmac, `AWS4${secretKey}`);
  return createHmac("sha256", key).update(text).digest("hex") === signature;
}
