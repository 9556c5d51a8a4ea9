# shellcheck shell=bash
# Sourced by scripts/test: gets other people's clients, in the versions that the tests were written for.

helm_module=v3.21.4
python_client=36.0.3
# 2.0 needs a newer Node than Debian has.
javascript_client=1.4.0

# Puts helm and the operator on PATH, and tells where the Python and JavaScript clients are.
need_clients() {
  local home="$cache/clients"
  mkdir -p "$home/bin"
  if [ ! -x "$home/bin/helm-$helm_module" ]; then
    need_go "helm $helm_module"
    say "building helm $helm_module"
    local source
    source=$(go mod download -json "helm.sh/helm/v3@$helm_module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    go build -C "$source" -ldflags="-s -w" -o "$home/bin/helm-$helm_module" ./cmd/helm >&2 || die "helm could not be built"
  fi
  need_go "the operator of the tests"
  say "building the operator"
  go build -C "$top/tests/e2e/clients/operator" -o "$home/bin/operator" . >&2 || die "the operator could not be built"
  if [ ! -d "$home/python-$python_client" ]; then
    command -v python3 >/dev/null 2>&1 && python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$home/python-$python_client.new" "kubernetes==$python_client" >&2 ||
      die "pip could not get the Python client $python_client"
    mv "$home/python-$python_client.new" "$home/python-$python_client"
  fi
  if [ ! -d "$home/javascript-$javascript_client" ]; then
    npm install --silent --no-save --no-audit --no-fund --prefix "$home/javascript-$javascript_client.new" "@kubernetes/client-node@$javascript_client" >&2 ||
      die "npm could not get the JavaScript client $javascript_client"
    mv "$home/javascript-$javascript_client.new" "$home/javascript-$javascript_client"
  fi
  export SKIFF_TEST_HELM="$home/bin/helm-$helm_module" SKIFF_TEST_OPERATOR="$home/bin/operator"
  export SKIFF_TEST_PYTHON_CLIENT="$home/python-$python_client" SKIFF_TEST_JAVASCRIPT_CLIENT="$home/javascript-$javascript_client"
}

need_go() { command -v go >/dev/null 2>&1 || die "$1 is built with Go, and there is none; install it"; }
