import { type SeededRandom, seededRandom } from "../../../api/meta/_seeded_random.ts";

const odd = [
  "",
  " ",
  "\u0000",
  "..",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "%s%n",
  "${7*7}",
  "' OR '1'='1",
  "<script>",
  "\u202e\u2066",
  "\ud800",
  "🦑",
  "ﬀ",
  "ı",
  "-",
  "a b",
  "a\r\nb: c",
  "null",
  "true",
  "NaN",
  "-0",
  "1e400",
];

/** What a name, a number or a selector is not. */
export function oddText(random: SeededRandom): string {
  return random.below(12) === 0 ? "x".repeat(random.below(3_000)) : random.pick(odd).toWellFormed();
}

type Header = readonly [name: string, value: string];

const headers: readonly ((random: SeededRandom) => Header)[] = [
  (
    r,
  ) => [
    "accept",
    r.pick([
      "*/*",
      "text/html",
      "application/json;as=Table;v=v1;g=meta.k8s.io",
      "application/json;as=Odd;v=v9;g=x",
      ";;;,,,",
      "application/vnd.kubernetes.protobuf",
      "application/yaml",
      "application/cbor",
      "application/json;q=x",
    ]),
  ],
  (r) => ["accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,".repeat(1 + r.below(80))],
  (
    r,
  ) => [
    "content-type",
    r.pick([
      "",
      'application/json; charset="',
      "text/plain",
      "application/json;".repeat(50),
      "__proto__",
      "constructor",
      "APPLICATION/JSON",
    ]),
  ],
  (r) => ["accept-encoding", r.pick(["gzip", "br, gzip;q=0", "identity;q=0", "x".repeat(500)])],
  (r) => ["content-encoding", r.pick(["gzip", "deflate", "odd"])],
  (r) => ["impersonate-user", r.pick(["jane", "system:serviceaccount:a:b", "system:anonymous", "", "x".repeat(2_000)])],
  (r) => ["impersonate-group", r.pick(["a", "system:masters", ""])],
  (r) => ["impersonate-extra-%zz", r.pick(["a", ""])],
  (
    r,
  ) => [
    "authorization",
    r.pick([
      "Bearer",
      "Bearer x",
      `Bearer ${"a".repeat(4_000)}`,
      "Bearer eyJhbGciOiJub25lIn0.e30.",
      "Basic eDp5",
      "Negotiate x",
      "",
    ]),
  ],
  (r) => ["user-agent", "x".repeat(r.below(6_000))],
  (r) => ["if-match", r.pick(["*", "x"])],
  (r) => ["range", r.pick(["bytes=0-", "bytes=-1", "x"])],
  (r) => ["x-forwarded-for", "1.2.3.4, ".repeat(r.below(100))],
  (r) => ["x-remote-user", r.pick(["admin", "system:admin"])],
  () => ["x-http-method-override", "DELETE"],
  (r) => ["cookie", "a=b;".repeat(r.below(500))],
  (r) => [`x-odd-${r.below(9)}`, r.pick(["\u00ff", "a\tb", "  "])],
];

/** What says how long a request is, or what comes behind it: whoever believes such a thing waits for it. */
const framing: readonly ((random: SeededRandom) => Header)[] = [
  (r) => ["upgrade", r.pick(["websocket", "SPDY/3.1", "h2c", "odd"])],
  (r) => ["connection", r.pick(["Upgrade", "keep-alive", "odd"])],
  (r) => ["sec-websocket-protocol", r.pick(["v5.channel.k8s.io", "base64url.bearer.authorization.k8s.io.eA", ",,,"])],
  (r) => ["expect", r.pick(["100-continue", "odd"])],
  (r) => ["transfer-encoding", r.pick(["chunked", "gzip, chunked", "odd"])],
  (r) => ["content-length", r.pick(["0", "-1", "5", "99999999999", "x"])],
];

export function framingHeaders(random: SeededRandom): Header[] {
  return Array.from({ length: 1 + random.below(2) }, () => random.pick(framing)(random));
}

export const framingNames: ReadonlySet<string> = new Set(framing.map((make) => make(seededRandom(0))[0]));

export function oddHeaders(random: SeededRandom): Header[] {
  return Array.from({ length: 1 + random.below(3) }, () => random.pick(headers)(random));
}
