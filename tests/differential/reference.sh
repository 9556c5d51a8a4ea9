# shellcheck shell=bash
# Sourced by scripts/test: makes the kube-apiserver that the differential tests hold ours against.

reference_minor=36.0

# Sets $reference to the program, which it builds when the cache has none: that takes many minutes and 3 GB of the module cache.
need_reference() {
  local home="$cache/kube-apiserver-v1.$reference_minor"
  reference="$home/kube-apiserver"
  [ -x "$reference" ] && return
  command -v go >/dev/null 2>&1 || die "the reference kube-apiserver is built with Go, and there is none: install Go 1.26 or newer"
  say "building kube-apiserver v1.$reference_minor"
  local source manifest module version=k8s.io/component-base/version
  source=$(mktemp -d)
  cp "$top/tests/differential/reference/main.go" "$source/"
  printf 'module reference\n\ngo 1.26\n\nrequire k8s.io/kubernetes v1.%s\n' "$reference_minor" >"$source/go.mod"
  # Kubernetes takes its own libraries from its checkout; outside of it they are the modules of the same release.
  manifest=$(cd "$source" && go mod download -json "k8s.io/kubernetes@v1.$reference_minor" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  for module in $(sed -n 's|^[[:space:]]*\(k8s.io/[^ ]*\) => \./staging/.*|\1|p' "$manifest"); do
    printf 'replace %s => %s v0.%s\n' "$module" "$module" "$reference_minor" >>"$source/go.mod"
  done
  mkdir -p "$home"
  # A release knows its version from the linker; without it, it takes itself for 0.0.0 and switches features off.
  (cd "$source" && go mod tidy && nice go build -p 2 -o "$reference.part" \
    -ldflags="-s -w -X $version.gitVersion=v1.$reference_minor -X $version.gitMajor=1 -X $version.gitMinor=${reference_minor%.*}" . &&
    mv "$reference.part" "$reference") >&2 || die "kube-apiserver could not be built"
  rm -rf "$source"
}
