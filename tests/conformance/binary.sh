# shellcheck shell=bash
# Sourced by scripts/test: makes the official conformance binary of Kubernetes.

. "$top/tests/fixtures/kubernetes_module.sh"

conformance_minor=36.0

# Sets $conformance to the binary, which it builds when the cache has none: that takes many minutes and 3 GB of the module cache.
need_conformance() {
  local home="$cache/conformance-v1.$conformance_minor"
  conformance="$home/e2e.test"
  [ -x "$conformance" ] && return
  command -v go >/dev/null 2>&1 || die "the conformance binary is built with Go, and there is none: install Go 1.26 or newer"
  say "building the conformance binary of Kubernetes v1.$conformance_minor"
  local source
  source=$(mktemp -d)
  cp "$top/tests/conformance/binary/conformance_test.go" "$source/"
  kubernetes_module "$source" "$conformance_minor" || die "Kubernetes' Go modules could not be had"
  mkdir -p "$home"
  (cd "$source" && nice go test -c -ldflags='-s -w' -o "$conformance" .) >&2 || die "the conformance binary could not be built"
  rm -rf "$source"
}
