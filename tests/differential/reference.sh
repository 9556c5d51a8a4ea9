# shellcheck shell=bash
# Sourced by scripts/test: makes the kube-apiserver that the differential tests hold ours against.

. "$top/tests/fixtures/kubernetes_module.sh"

reference_minor=36.0

# Sets $reference to the program, which it builds when the cache has none: that takes many minutes and 3 GB of the module cache.
need_reference() {
  local home="$cache/kube-apiserver-v1.$reference_minor"
  reference="$home/kube-apiserver"
  [ -x "$reference" ] && return
  command -v go >/dev/null 2>&1 || die "the reference kube-apiserver is built with Go, and there is none: install Go 1.26 or newer"
  say "building kube-apiserver v1.$reference_minor"
  local source version=k8s.io/component-base/version
  source=$(mktemp -d)
  cp "$top/tests/differential/reference/main.go" "$source/"
  kubernetes_module "$source" "$reference_minor" || die "Kubernetes' Go modules could not be had"
  mkdir -p "$home"
  # A release knows its version from the linker; without it, it takes itself for 0.0.0 and switches features off.
  (cd "$source" && nice go build -p 2 -o "$reference.part" \
    -ldflags="-s -w -X $version.gitVersion=v1.$reference_minor -X $version.gitMajor=1 -X $version.gitMinor=${reference_minor%.*}" . &&
    mv "$reference.part" "$reference") >&2 || die "kube-apiserver could not be built"
  rm -rf "$source"
}
