# shellcheck shell=bash
# Sourced by scripts/test: finds or makes a kubectl of 1.32 or newer.

kubectl_module=v0.36.0

kubectl_minor() { "$1" version --client -o json 2>/dev/null | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p' | head -1; }

# Puts a kubectl on PATH. Without one, or with an old one, builds it from its Go modules: Debian's is too old.
need_kubectl() {
  local found minor
  found=$(command -v kubectl || true)
  if [ -n "$found" ]; then
    minor=$(kubectl_minor "$found")
    [ "${minor:-0}" -ge 32 ] && return
  fi
  local home="$cache/kubectl-$kubectl_module"
  if [ ! -x "$home/kubectl" ]; then
    command -v go >/dev/null 2>&1 || die "the e2e tests need kubectl 1.32 or newer, or Go to build it with; install one of them"
    say "building kubectl $kubectl_module"
    local source
    source=$(mktemp -d)
    cat >"$source/go.mod" <<EOF
module kubectl
go 1.26
require k8s.io/kubectl $kubectl_module
require k8s.io/component-base $kubectl_module
EOF
    cat >"$source/main.go" <<'EOF'
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()) }
EOF
    mkdir -p "$home"
    (cd "$source" && go mod tidy && go build -o "$home/kubectl" .) >&2 || die "kubectl could not be built"
    rm -rf "$source"
  fi
  PATH="$home:$PATH"
}
