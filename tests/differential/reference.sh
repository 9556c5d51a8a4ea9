# shellcheck shell=bash
# Sourced by scripts/test: makes the kube-apiserver that the differential tests hold ours against.

. "$top/tests/fixtures/kubernetes_module.sh"

reference_minor=36.0

# Sets $reference to the program, beside which is an etcd of the version that it wants. The cache keeps both; what it lacks is built, which takes many minutes and 3 GB
# of the module cache.
need_reference() {
  local home="$cache/kube-apiserver-v1.$reference_minor" program
  reference="$home/kube-apiserver"
  for program in kube-apiserver etcd; do
    [ -x "$home/$program" ] || build_reference "$home" "$program"
  done
}

build_reference() {
  local home=$1 program=$2 source version=k8s.io/component-base/version
  command -v go >/dev/null 2>&1 || die "the reference $program is built with Go, and there is none: install Go 1.26 or newer"
  say "building $program for kube-apiserver v1.$reference_minor"
  source=$(mktemp -d)
  cp "$top/tests/differential/reference/$program/main.go" "$source/"
  kubernetes_module "$source" "$reference_minor" || die "Kubernetes' Go modules could not be had"
  mkdir -p "$home"
  # A release knows its version from the linker; without it, it takes itself for 0.0.0 and switches features off.
  (cd "$source" && nice go build -p 2 -o "$home/$program.part" \
    -ldflags="-s -w -X $version.gitVersion=v1.$reference_minor -X $version.gitMajor=1 -X $version.gitMinor=${reference_minor%.*}" . &&
    mv "$home/$program.part" "$home/$program") >&2 || die "$program could not be built"
  rm -rf "$source"
}
