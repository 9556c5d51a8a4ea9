/** The parts of a URL, as written but for the host's escapes and the path's. */
export interface RequestUri {
  readonly scheme: string;
  /** With the port, if there is one. */
  readonly host: string;
  /** Escaped. */
  readonly path: string;
  readonly query: string;
}

const userCharacters = /^(?:[A-Za-z0-9\-._~:!$&'()*+,;=@]|%[0-9A-Fa-f]{2})*$/;
const hostCharacters = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:<>"\u0080-\u{10ffff}]|%[89A-Fa-f][0-9A-Fa-f])*$/u;
const addressCharacters = /^\[[0-9A-Fa-f:.]*(?:%25[^\]]+)?\]$/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;
/** What stands in a path as it is. */
const pathCharacters = /^[A-Za-z0-9\-._~$&+,/:;=@!'()*[\]%]*$/;

/**
 * Reads an absolute URI or an absolute path as Go's url.ParseRequestURI does, and then without its fragment. That is laxer than browsers are: spaces in paths
 * are escaped, unknown schemes and ports are taken. Throws a RangeError.
 */
export function parseRequestUri(text: string): RequestUri {
  const wrong = (why: string) => new RangeError(`${JSON.stringify(text)} is no absolute URL: ${why}`);
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw wrong("it has control characters");
  if (text === "*") return { scheme: "", host: "", path: "*", query: "" };
  const [, scheme = "", rest = ""] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(text)!;
  if (scheme === "" && !rest.startsWith("/")) throw wrong("it begins with neither a scheme nor /");
  const whole = splitRest(rest, scheme !== "");
  if (badEscape.test(whole.path)) throw wrong("a percent sign escapes nothing");
  if (!isAuthority(whole.authority)) throw wrong(`its host cannot be ${JSON.stringify(whole.authority)}`);
  // Go looks for the fragment only now.
  const { authority, path, query } = splitRest(rest.replace(/#.*$/s, ""), scheme !== "" || !rest.startsWith("///"));
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return { scheme: scheme.toLowerCase(), host: unescapedHost(host), path: escapedPath(path), query };
}

/** `withHost`: two slashes begin a host. */
function splitRest(rest: string, withHost: boolean): { authority: string; path: string; query: string } {
  const mark = rest.indexOf("?");
  const [before, query] = mark < 0 ? [rest, ""] : [rest.slice(0, mark), rest.slice(mark + 1)];
  // `mailto:somebody` has neither host nor path.
  if (!before.startsWith("/")) return { authority: "", path: "", query };
  if (!withHost || !before.startsWith("//")) return { authority: "", path: before, query };
  const slash = before.indexOf("/", 2);
  return slash < 0
    ? { authority: before.slice(2), path: "", query }
    : { authority: before.slice(2, slash), path: before.slice(slash), query };
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  if (at >= 0 && !userCharacters.test(authority.slice(0, at))) return false;
  const host = authority.slice(at + 1);
  const [, name = "", port] = /^(\[.*\]|[^:]*)(:.*)?$/s.exec(host) ?? [];
  if (port !== undefined && !/^:[0-9]*$/.test(port)) return false;
  return name.startsWith("[") ? addressCharacters.test(name) : hostCharacters.test(name);
}

function unescapedHost(host: string): string {
  try {
    return decodeURIComponent(host);
  } catch {
    return host;
  }
}

/** As it was written where that can stand; else all of it escaped anew. */
function escapedPath(path: string): string {
  if (pathCharacters.test(path)) return path;
  const bytes = Buffer.from(path, "utf8");
  const decoded: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const isEscape = bytes[i] === 0x25;
    decoded.push(isEscape ? parseInt(bytes.toString("latin1", i + 1, i + 3), 16) : bytes[i]!);
    if (isEscape) i += 2;
  }
  return decoded.map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~$&+,/:;=@]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
