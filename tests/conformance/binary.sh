# shellcheck shell=bash
# Sourced by scripts/test: makes the official conformance binary of Kubernetes.

conformance_minor=36.0

# Sets $conformance to the binary, which it builds when the cache has none: that takes many minutes and 3 GB of the module cache.
need_conformance() {
  local home="$cache/conformance-v1.$conformance_minor"
  conformance="$home/e2e.test"
  [ -x "$conformance" ] && return
  command -v go >/dev/null 2>&1 || die "the conformance binary is built with Go, and there is none: install Go 1.26 or newer"
  say "building the conformance binary of Kubernetes v1.$conformance_minor"
  local source manifest module
  source=$(mktemp -d)
  cp "$top/tests/conformance/binary/conformance_test.go" "$source/"
  printf 'module conformance\n\ngo 1.26\n\nrequire k8s.io/kubernetes v1.%s\n' "$conformance_minor" >"$source/go.mod"
  # Kubernetes takes its own libraries from its checkout; outside of it they are the modules of the same release.
  manifest=$(cd "$source" && go mod download -json "k8s.io/kubernetes@v1.$conformance_minor" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  for module in $(sed -n 's|^[[:space:]]*\(k8s.io/[^ ]*\) => \./staging/.*|\1|p' "$manifest"); do
    printf 'replace %s => %s v0.%s\n' "$module" "$module" "$conformance_minor" >>"$source/go.mod"
  done
  mkdir -p "$home"
  (cd "$source" && go mod tidy && nice go test -c -ldflags='-s -w' -o "$conformance" .) >&2 || die "the conformance binary could not be built"
  rm -rf "$source"
}
