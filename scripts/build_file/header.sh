#!/bin/sh
# Skiff @VERSION@ for Linux on @ARCHITECTURE@: this script, and behind it a compressed archive that it unpacks once.
#   SKIFF_BUNDLE_DIR   where it is unpacked: /var/lib/skiff/bundle for root, else ~/.cache/skiff/bundle
set -eu
umask 022
id=@ID@ sum=@SUM@ from=@FROM@ half=@HALF@ need=@KIB@

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

if [ -n "${SKIFF_BUNDLE_DIR:-}" ]; then base=$SKIFF_BUNDLE_DIR
elif [ "$(id -u)" = 0 ] || [ -d "/var/lib/skiff/bundle/$id" ]; then base=/var/lib/skiff/bundle
else base=${XDG_CACHE_HOME:-${HOME:?HOME is not set: set it, or SKIFF_BUNDLE_DIR}/.cache}/skiff/bundle
fi
home=$base/$id

# Unpacks beside the final place and renames: the folder is there whole or not at all. The lock makes others wait instead of doing the same.
unpack() {
  mkdir -p "$base" || fail "cannot make $base, where Skiff unpacks itself; SKIFF_BUNDLE_DIR names another directory"
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$base/.lock"
    flock 9
    [ ! -d "$home" ] || return 0
    # Whoever made these has ended: the lock is ours.
    rm -rf "$base"/.unpacking-*
  fi
  free=$(df -Pk "$base" | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -gt "$need" ] || full
  new=$(mktemp -d "$base/.unpacking-XXXXXX")
  chmod 755 "$new"
  trap 'rm -rf "$new"' EXIT
  trap 'exit 1' HUP INT TERM
  # All at once: two halves and the checksum take a core each. Nothing of it counts before the sum is right.
  tail -c +"$from" "$0" | sha256sum >"$new/.sum" &
  summing=$!
  archive $((from + half)) >"$new/.errors-2" 2>&1 &
  second=$!
  unpacked=1
  archive "$from" "$half" >"$new/.errors-1" 2>&1 || unpacked=
  wait $second || unpacked=
  wait $summing || true
  [ -s "$new/.sum" ] || full
  [ "$(cut -d ' ' -f 1 "$new/.sum")" = "$sum" ] ||
    fail "$0 is damaged: its checksum is not the one it was built with. Get it again; nothing was changed"
  [ -n "$unpacked" ] || full "$(cat "$new/.errors-1" "$new/.errors-2" | tail -n 1)"
  rm -f "$new"/.errors-? "$new/.sum"
  "$new/runtime/deno" --version >/dev/null 2>&1 ||
    fail "this file is for Linux on @ARCHITECTURE@ with glibc 2.27 or newer (2.34 for containers); the machine ($(uname -m)) cannot run it"
  mv -T "$new" "$home" 2>/dev/null || [ -d "$home" ] || fail "cannot rename $new to $home"
  rm -rf "$new"
  trap - EXIT HUP INT TERM
  prune
}

# archive FROM [BYTES]: one of the two halves, each a compressed archive of its own.
archive() {
  tail -c +"$1" "$0" | if [ $# = 2 ]; then head -c "$2"; else cat; fi | gzip -dc | tar -xmof - -C "$new"
}

full() {
  fail "cannot unpack into $base: it needs $((need / 1024)) MB and $((${free:-0} / 1024)) MB are free.${1:+ $1.} Free some, or set SKIFF_BUNDLE_DIR"
}

# Keeps this version, the one before it, and whatever a process still runs from (containers of an older version do).
prune() {
  kept=0
  for old in $(ls -1t "$base"); do
    if [ "$old" = "$id" ] || [ $((kept += 1)) = 1 ]; then continue; fi
    ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF -- "-> $base/$old/" || rm -rf "${base:?}/$old"
  done
}

[ -d "$home" ] || unpack
exec 9>&-

cache=$home/cache
if ! [ -w "$home" ]; then cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/skiff/code; fi
case $0 in /*) file=$0 ;; *) file=$PWD/$0 ;; esac
export SKIFF_FILE="$file" DENO_DIR="$cache" DENO_NO_UPDATE_CHECK=1 DENO_USR2_MEMORY_TRIM=1 PATH="$home/bin:${PATH:-/usr/sbin:/usr/bin:/sbin:/bin}"
if [ -d "$home/cni" ]; then export SKIFF_CNI_BIN_DIR="$home/cni"; fi
# A small young generation keeps resident memory down by a third at no cost in speed, an old one that at most doubles before it is collected another third of the peak.
exec "$home/runtime/deno" run --quiet --no-check --no-config --no-lock --no-remote --no-npm --allow-all \
  --v8-flags=--max-semi-space-size=4,--heap-growing-percent=100 "$home/program/cli/main.js" "$@"
exit 1
