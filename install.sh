#!/bin/sh
# Installs Skiff as a service, or brings an installed one to another version: curl -fL URL/install.sh | sh -
# With the built file beside this script no network is needed. Words after `sh -s -` go to `skiff server` or `skiff agent`.
#
#   SKIFF_URL, SKIFF_TOKEN         join the cluster at this URL: makes an agent. Every SKIFF_* variable is kept for the service
#   INSTALL_SKIFF_EXEC             `server` or `agent` and flags; without one of the two words, SKIFF_URL decides
#   INSTALL_SKIFF_NAME             the service is skiff-NAME (default skiff for a server, skiff-agent for an agent)
#   INSTALL_SKIFF_URL              where VERSION/skiff-linux-ARCH and VERSION/SHA256SUMS are downloaded from
#   INSTALL_SKIFF_VERSION          which version (default that of the channel)
#   INSTALL_SKIFF_CHANNEL          latest, or whatever directories the place has
#   INSTALL_SKIFF_VARIANT          lean: containerd, runc, CNI plugins are the host's
#   INSTALL_SKIFF_FILE             this file instead; its SHA256SUMS lies beside it
#   INSTALL_SKIFF_PUBLIC_KEY       PEM file of a public key; SHA256SUMS.sig must be its signature of SHA256SUMS
#   INSTALL_SKIFF_SKIP_DOWNLOAD    true: use the installed file
#   INSTALL_SKIFF_SKIP_CHECK       true: do not ask `skiff check` first
#   INSTALL_SKIFF_SKIP_ENABLE      true: neither enable nor start the service
#   INSTALL_SKIFF_SKIP_START       true: enable it, do not start it
#   INSTALL_SKIFF_BIN_DIR          where skiff goes (default /usr/local/bin)
#   INSTALL_SKIFF_SYSTEMD_DIR      where units go (default /etc/systemd/system)
#   INSTALL_SKIFF_INIT             systemd, openrc or plain (default: what this machine has)
#   INSTALL_SKIFF_TIMEOUT          seconds until a start that is not ready has failed (default 120)
set -eu
umask 022
# Whoever publishes Skiff writes the place here; without it INSTALL_SKIFF_URL must name one.
default_url=

say() { printf '%s\n' "skiff install: $*" >&2; }
die() {
  printf '%s\n' "error: $*" >&2
  exit 1
}
is_true() { [ "${1:-}" = true ]; }
has() { command -v "$1" >/dev/null 2>&1; }
# A word as the shell reads it back.
quote() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# --- what is wanted -------------------------------------------------------------------------------------------------

settle() {
  [ "$(id -u)" = 0 ] || die "installing a service needs root: curl … | sudo sh -, or sudo sh install.sh"
  [ "$(uname -s)" = Linux ] || die "Skiff runs on Linux, this is $(uname -s)"
  case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64 | arm64) architecture=arm64 ;;
    *) die "there is no Skiff for $(uname -m): only for x86_64 and aarch64" ;;
  esac
  bin_dir=${INSTALL_SKIFF_BIN_DIR:-/usr/local/bin} systemd_dir=${INSTALL_SKIFF_SYSTEMD_DIR:-/etc/systemd/system}
  bundle=${SKIFF_BUNDLE_DIR:-/var/lib/skiff/bundle} timeout=${INSTALL_SKIFF_TIMEOUT:-120}
  # shellcheck disable=SC2086 # The variable holds words.
  if [ -n "${INSTALL_SKIFF_EXEC:-}" ]; then set -- ${INSTALL_SKIFF_EXEC} "$@"; fi
  given=$#
  case ${1:-} in
    server | agent) role=$1 && shift ;;
    *) if [ -n "${SKIFF_URL:-}" ]; then role=agent; else role=server; fi ;;
  esac
  if [ -n "${INSTALL_SKIFF_NAME:-}" ]; then name=skiff-$INSTALL_SKIFF_NAME
  elif [ "$role" = agent ]; then name=skiff-agent
  else name=skiff
  fi
  case $name in *[!a-zA-Z0-9_.-]*) die "INSTALL_SKIFF_NAME: $name may have letters, digits, and _ . - alone" ;; esac
  state=/etc/skiff/install/$name journal=$state/journal
  # An upgrade without words or variables goes on with those of before.
  if [ "$given" = 0 ] && [ -z "$(own_variables)" ] && [ -f "$state/arguments" ]; then
    keep_environment=1 arguments=$(cat "$state/arguments")
  else
    keep_environment='' arguments=$(quote "$role")
    for word in "$@"; do arguments="$arguments $(quote "$word")"; done
  fi
  eval "set -- $arguments"
  role=$1 data_dir=${SKIFF_DATA_DIR:-} kubeconfig=${SKIFF_KUBECONFIG_OUTPUT:-}
  while [ $# -gt 0 ]; do
    case $1 in
      -d | --data-dir) data_dir=${2:-} ;;
      --data-dir=*) data_dir=${1#*=} ;;
      -o | --write-kubeconfig) kubeconfig=${2:-} ;;
      --write-kubeconfig=*) kubeconfig=${1#*=} ;;
    esac
    shift
  done
  [ -n "$data_dir" ] || data_dir=$(sed -n 's/^data-dir: *"\{0,1\}\([^"#]*[^"# ]\).*/\1/p' /etc/skiff/config.yaml 2>/dev/null | tail -n 1)
  data_dir=${data_dir:-/var/lib/skiff} kubeconfig=${kubeconfig:-/etc/skiff/skiff.yaml}
  case $data_dir in /*) ;; *) die "--data-dir $data_dir: give an absolute path, a service has no working directory" ;; esac
  init=${INSTALL_SKIFF_INIT:-$(detect_init)}
  case $init in systemd | openrc | plain) ;; *) die "INSTALL_SKIFF_INIT=$init: give systemd, openrc or plain" ;; esac
}

detect_init() {
  if [ -d /run/systemd/system ]; then echo systemd
  elif has openrc-run && [ -d /run/openrc ]; then echo openrc
  else echo plain
  fi
}

# Names of the variables that the service shall see.
own_variables() {
  env | sed -n 's/^\(SKIFF_[A-Z0-9_]*\|CONTAINERD_[A-Z0-9_]*\|[A-Za-z]*_proxy\|[A-Z]*_PROXY\)=.*/\1/p' |
    grep -vxE 'SKIFF_FILE|SKIFF_CNI_BIN_DIR' || true
}

# --- getting and verifying the file: nothing but a temporary directory is touched -----------------------------------------

obtain() {
  mkdir -p /var/lib
  # What one left that was killed.
  for each in /var/lib/.skiff-install-*; do
    each=${each#/var/lib/.skiff-install-}
    [ "$each" = '*' ] || kill -0 "${each%%-*}" 2>/dev/null || rm -rf "/var/lib/.skiff-install-$each"
  done
  work=$(mktemp -d "/var/lib/.skiff-install-$$-XXXXXX") images=
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  if is_true "${INSTALL_SKIFF_SKIP_DOWNLOAD:-}"; then
    [ -x "$bin_dir/skiff" ] || die "INSTALL_SKIFF_SKIP_DOWNLOAD is true, but there is no $bin_dir/skiff"
    cp "$bin_dir/skiff" "$work/skiff"
    return
  fi
  variant=${INSTALL_SKIFF_VARIANT:+-$INSTALL_SKIFF_VARIANT}
  file=skiff-linux-$architecture$variant here=$(cd "$(dirname "$0")" 2>/dev/null && pwd || true)
  if [ -n "${INSTALL_SKIFF_FILE:-}" ]; then
    file=$(basename "$INSTALL_SKIFF_FILE") && take_from "$(dirname "$INSTALL_SKIFF_FILE")"
  elif [ -f "$0" ] && [ -f "$here/bundle.json" ] && [ ! -f "$here/$file" ] && [ -x "$bin_dir/skiff" ]; then
    # A delta whose Skiff is the one that is here.
    images=$here
    cp "$bin_dir/skiff" "$work/$file"
    cp "$here/SHA256SUMS" "$work/SHA256SUMS"
  elif [ -f "$0" ] && [ -f "$here/$file" ]; then
    [ ! -f "$here/bundle.json" ] || images=$here
    take_from "$here"
  else
    url=${INSTALL_SKIFF_URL:-$default_url}
    [ -n "$url" ] || die "there is no $file beside this script: put it there with its SHA256SUMS, or say with INSTALL_SKIFF_URL where VERSION/$file and VERSION/SHA256SUMS are downloaded from; nothing was changed"
    url=${url%/}/${INSTALL_SKIFF_VERSION:-${INSTALL_SKIFF_CHANNEL:-latest}}
    for each in "$file" SHA256SUMS ${INSTALL_SKIFF_PUBLIC_KEY:+SHA256SUMS.sig}; do download "$url/$each" "$work/$each"; done
  fi
  verify
}

take_from() {
  for each in "$file" SHA256SUMS ${INSTALL_SKIFF_PUBLIC_KEY:+SHA256SUMS.sig}; do
    cp "$1/$each" "$work/$each" 2>/dev/null || die "there is no $each in $1, or no room for it in /var/lib; nothing was changed"
  done
}

download() {
  say "downloading $1"
  if has curl; then curl -fsSL --retry 3 -o "$2" "$1"
  elif has wget; then wget -q -t 3 -O "$2" "$1"
  else die "neither curl nor wget is installed; download $1 by hand and put it beside this script"
  fi || die "cannot download $1; nothing was changed"
}

verify() {
  if [ -n "${INSTALL_SKIFF_PUBLIC_KEY:-}" ]; then
    has openssl || die "INSTALL_SKIFF_PUBLIC_KEY is set, but there is no openssl to verify the signature with; nothing was changed"
    openssl dgst -sha256 -verify "$INSTALL_SKIFF_PUBLIC_KEY" -signature "$work/SHA256SUMS.sig" "$work/SHA256SUMS" >/dev/null 2>&1 ||
      die "SHA256SUMS.sig is no signature of SHA256SUMS by the key $INSTALL_SKIFF_PUBLIC_KEY: refused, nothing was changed"
  fi
  wanted=$(awk -v file="$file" '$2 == file || $2 == "*" file { print $1 }' "$work/SHA256SUMS")
  [ -n "$wanted" ] || die "SHA256SUMS does not name $file: refused, nothing was changed"
  found=$(sha256sum "$work/$file" | cut -d ' ' -f 1)
  [ "$found" = "$wanted" ] || die "$file has the SHA-256 $found, SHA256SUMS says $wanted: refused, nothing was changed"
  mv "$work/$file" "$work/skiff"
  chmod 755 "$work/skiff"
}

# Runs the new file from the temporary directory.
staged() { SKIFF_BUNDLE_DIR="$work/bundle" "$work/skiff" "$@"; }

check() {
  staged version >/dev/null || die "$work/skiff does not run on this machine; nothing was changed"
  [ -z "$images" ] || staged images unbundle --check --data-dir "$data_dir" "$images" >&2 || die "the bundle cannot be installed; nothing was changed"
  ! is_true "${INSTALL_SKIFF_SKIP_CHECK:-}" || return 0
  upgrade=
  [ ! -f "$journal" ] || upgrade=--installed
  eval "set -- $arguments"
  staged check --quiet $upgrade -- "$@" >&2 ||
    die "this machine lacks what is named above; nothing was changed (INSTALL_SKIFF_SKIP_CHECK=true installs all the same)"
}

# --- changing the host: each change is written into the journal first --------------------------------------------------

record() {
  line=$1 && shift
  for word in "$@"; do line="$line	$word"; done
  grep -qxF -- "$line" "$journal" 2>/dev/null && return
  printf '%s\n' "$line" >>"$journal"
  sync "$journal" 2>/dev/null || true
}
make_directory() {
  [ ! -d "$1" ] || return 0
  make_directory "$(dirname "$1")"
  record directory "$1"
  mkdir "$1"
}
# put_file FROM TO MODE: in one step; what was there before comes back with `skiff uninstall`.
put_file() {
  if [ -e "$2" ] && ! grep -qxF "file	$2" "$journal" && ! grep -qF "replaced	$2	" "$journal"; then
    backup=$state/backup-$(basename "$2")
    cp -p "$2" "$backup"
    record replaced "$2" "$backup"
  elif [ ! -e "$2" ]; then
    record file "$2"
  fi
  # It may hold a token: nobody else reads it meanwhile.
  (umask 077 && cp "$1" "$2.new")
  chmod "$3" "$2.new"
  sync "$2.new" 2>/dev/null || true
  mv -f "$2.new" "$2"
}
# Lines of a service that begin another log when the present one is full; whoever writes to it does so at its end, wherever that is.
trim_log() { printf '[ "$(wc -c <%s 2>/dev/null || echo 0)" -lt 20000000 ] || { cp %s %s.1 && : >%s; }' "$log" "$log" "$log" "$log"; }
# What the service makes while it runs goes as a whole, unless it was there before us. What the file unpacked when it was run before (`skiff check`)
# is Skiff's as well.
own_tree() {
  case $(ls -A "$1" 2>/dev/null) in "" | bundle) record tree "$1" ;; esac
}

begin_journal() {
  # One that holds nothing but the next was made by an installation that was interrupted right there.
  missing= inside=install
  for each in /etc/skiff /etc/skiff/install "$state"; do
    case $(ls -A "$each" 2>/dev/null) in "" | "$inside") missing="$missing $each" ;; esac
    inside=$name
  done
  mkdir -p "$state"
  # A line without its end was cut off.
  if [ -n "$(tail -c 1 "$journal" 2>/dev/null)" ]; then sed -i '$d' "$journal"; fi
  for each in $missing; do record directory "$each"; done
  if [ ! -f "$state/before.json" ]; then
    staged uninstall --record >"$state/before.json.new"
    mv -f "$state/before.json.new" "$state/before.json"
  fi
}

# Keeps what is installed until the new version is ready, with the script that puts it back. An upgrade that was interrupted has left the version before it: what is
# there now may be half of that upgrade.
keep_previous() {
  previous=$state/previous
  if [ ! -f "$previous/whole" ]; then
    rm -rf "$previous"
    for each in "$bin_dir/skiff" "$service_file" "$state/arguments"; do [ -f "$each" ] || return 0; done
    mkdir "$previous"
    for each in "$bin_dir/skiff" "$service_file" "$environment" "$state/arguments"; do
      [ ! -f "$each" ] || cp -p "$each" "$previous/"
    done
    write_take_back >"$previous/take-back"
    chmod 755 "$previous/take-back"
    sync
    : >"$previous/whole"
  fi
  printf '%s %s\n' $$ "$(started_at $$)" >"$previous/installer"
  rm -f "$previous/starts"
}
# Tells a process from a later one of the same number.
started_at() { cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null || true; }

# The service runs it before each start as long as it is there. When nobody waits for the upgrade any more (the power was cut), the new version is as good as its starts:
# after two that did not become ready the version before comes back.
write_take_back() {
  cat <<SCRIPT
#!/bin/sh
set -eu
cd $(quote "$previous")
if [ "\${1:-}" != now ]; then
  [ -f whole ] || exit 0
  read -r pid started <installer
  [ "\$(cut -d ' ' -f 22 "/proc/\$pid/stat" 2>/dev/null)" != "\$started" ] || exit 0
  if [ -s starts ] && grep -qs '"stage"' $(quote "$ready"); then
    cd / && rm -rf $(quote "$previous")
    exit 0
  fi
  if [ "\$(wc -l <starts 2>/dev/null || echo 0)" -lt 2 ]; then
    rm -f $(quote "$ready")
    echo started >>starts
    exit 0
  fi
  echo "skiff: the upgrade was interrupted and its version does not become ready: going back to the one before" >&2
fi
for each in $(quote "$bin_dir/skiff") $(quote "$service_file") $(quote "$environment") $(quote "$state/arguments"); do
  kept=\$(basename "\$each")
  if [ -f "\$kept" ]; then cp -p "\$kept" "\$each.new" && mv -f "\$each.new" "\$each"; fi
done
$([ "$init" != systemd ] || echo systemctl daemon-reload)
cd / && rm -rf $(quote "$previous")
SCRIPT
}

install_files() {
  keep_previous
  make_directory "$(dirname "$data_dir")"
  own_tree "$data_dir"
  mkdir -p "$data_dir"
  make_directory "$(dirname "$bundle")"
  # Of several installations the first brought it, and goes last.
  grep -qsxF "tree	$bundle" /etc/skiff/install/*/journal || record tree "$bundle"
  own_tree /run/skiff
  own_tree /run/containerd
  own_tree /var/lib/cni
  [ -e "$kubeconfig" ] || record file "$kubeconfig"
  [ "$init" = systemd ] || keep_log_small
  record cluster "$data_dir"
  mkdir -p "$bundle"
  for each in "$work"/bundle/*; do
    [ -d "$bundle/$(basename "$each")" ] || mv "$each" "$bundle/"
  done
  make_directory "$bin_dir"
  put_file "$work/skiff" "$bin_dir/skiff" 755
  [ -z "$images" ] || SKIFF_BUNDLE_DIR=$bundle "$bin_dir/skiff" images unbundle --data-dir "$data_dir" "$images" >&2
  printf '%s\n' "$arguments" >"$state/arguments.new"
  mv -f "$state/arguments.new" "$state/arguments"
  if [ -z "$keep_environment" ]; then
    for each in $(own_variables); do
      eval "value=\$$each"
      printf '%s="%s"\n' "$each" "$(printf '%s' "$value" | sed 's/[\\"$`]/\\&/g')"
    done >"$work/environment"
    put_file "$work/environment" "$environment" 600
  fi
}

# systemd's journal has limits of its own. Where there is no logrotate the service looks by itself: the plain one every ten minutes, OpenRC's at its start.
keep_log_small() {
  for each in "$log" "$log.1"; do record file "$each"; done
  [ -d /etc/logrotate.d ] || return 0
  for each in 2 3; do record file "$log.$each"; done
  printf '%s {\n  size 10M\n  rotate 3\n  missingok\n  notifempty\n  copytruncate\n}\n' "$log" >"$work/logrotate"
  put_file "$work/logrotate" "/etc/logrotate.d/$name" 644
}

# --- the service -------------------------------------------------------------------------------------------------------

name_service() {
  log=/var/log/$name.log ready=$data_dir/ready.json environment=/etc/skiff/$name.env
  case $init in
    systemd) service_file=$systemd_dir/$name.service ;;
    openrc) service_file=/etc/init.d/$name ;;
    plain) service_file=/etc/skiff/$name.service ;;
  esac
}

install_service() {
  eval "set -- $arguments --ready-file $(quote "$ready")"
  "write_$init" "$@" >"$work/service"
  # Undone last: the init system must forget a file that is gone.
  record reload "$init"
  make_directory "$(dirname "$service_file")"
  case $init in systemd) put_file "$work/service" "$service_file" 644 ;; *) put_file "$work/service" "$service_file" 755 ;; esac
  [ "$init" != systemd ] || systemctl daemon-reload
  record service "$init" "$name" "$service_file"
}

write_systemd() {
  command=$(quote_systemd "$bin_dir/skiff")
  for word in "$@"; do command="$command $(quote_systemd "$word")"; done
  cat <<UNIT
[Unit]
Description=Skiff: Kubernetes for the edge ($1)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
EnvironmentFile=-$environment
ExecStartPre=-/bin/sh -c "[ ! -x $state/previous/take-back ] || exec $state/previous/take-back"
ExecStart=$command
# Containers and their containerd live on.
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStopSec=30
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT
}
quote_systemd() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g; s/%/%%/g; s/\$/$$/g')"; }

write_openrc() {
  words=
  for word in "$@"; do words="$words $(quote "$word")"; done
  cat <<SCRIPT
#!/sbin/openrc-run
description="Skiff: Kubernetes for the edge ($1)"
supervisor=supervise-daemon
command=$(quote "$bin_dir/skiff")
command_args=$(quote "${words# }")
output_log=$log
error_log=$log
pidfile=/run/$name.pid
respawn_delay=5
respawn_max=0
rc_ulimit="-n 1048576"
set -o allexport
[ ! -f $environment ] || . $environment
set +o allexport

# An upgrade that was interrupted is taken back when it does not work.
start_pre() {
  [ ! -x $state/previous/take-back ] || $state/previous/take-back || true
  $(trim_log)
}

depend() {
  want net cgroups
  after firewall
}
SCRIPT
}

# Where there is neither systemd nor OpenRC: a shell that starts Skiff again when it ends.
write_plain() {
  words=
  for word in "$@"; do words="$words $(quote "$word")"; done
  cat <<SCRIPT
#!/bin/sh
# start, stop, restart or status of $name, on a machine without systemd and OpenRC. Start it at boot from what this machine has.
pid_file=/run/$name.pid log=$log
is_running() { [ -f "\$pid_file" ] && lives "\$(cat "\$pid_file")"; }
# One that has ended and that nobody has waited for does not.
lives() { grep -q '^State:.[^ZX]' "/proc/\$1/status" 2>/dev/null; }
case \${1:-} in
  start)
    is_running && exit 0
    rm -f "\$pid_file.ends"
    setsid "\$0" run </dev/null >>"\$log" 2>&1 &
    echo \$! >"\$pid_file"
    ;;
  run)
    set -a
    [ ! -f $environment ] || . $environment
    set +a
    trap 'stopping=1; kill -TERM "\$child" 2>/dev/null' TERM INT
    (
      trap 'kill "\$nap" 2>/dev/null; exit 0' TERM
      while :; do sleep 600 & nap=\$!; wait "\$nap"; "\$0" trim; done
    ) &
    trimmer=\$!
    while [ -z "\${stopping:-}" ]; do
      [ ! -x $state/previous/take-back ] || $state/previous/take-back || true
      $(quote "$bin_dir/skiff")$words &
      child=\$!
      wait \$child
      # A signal ends the first wait before the child.
      [ -z "\${stopping:-}" ] || { wait \$child; break; }
      echo ended >>"\$pid_file.ends"
      sleep 5 & wait \$!
    done
    kill "\$trimmer" 2>/dev/null || true
    ;;
  trim) $(trim_log) ;;
  stop)
    if is_running; then
      pid=\$(cat "\$pid_file")
      kill -TERM "\$pid"
      for _ in \$(seq 300); do lives "\$pid" || break; sleep 0.1; done
      ! lives "\$pid" || kill -KILL "-\$pid"
    fi
    rm -f "\$pid_file" "\$pid_file.ends"
    ;;
  restart) "\$0" stop && "\$0" start ;;
  status) is_running ;;
  *) echo "usage: \$0 start|stop|restart|status" >&2 && exit 2 ;;
esac
SCRIPT
}

enable_service() {
  case $init in
    systemd) systemctl enable --quiet "$name" ;;
    openrc) rc-update add "$name" default >/dev/null ;;
    plain) ;;
  esac
}
control() {
  case $init in
    systemd) systemctl "$1" "$name" ;;
    openrc) rc-service "$name" "$1" ;;
    plain) "$service_file" "$1" ;;
  esac
}
# Whether it has ended twice already.
keeps_ending() {
  case $init in
    systemd) [ "$(systemctl show -p NRestarts --value "$name" 2>/dev/null || echo 0)" -ge 2 ] ;;
    plain) [ "$(cat "/run/$name.pid.ends" 2>/dev/null | wc -l)" -ge 2 ] ;;
    openrc) false ;;
  esac
}
show_log() {
  if [ "$init" = systemd ]; then journalctl --no-pager -n 15 -u "$name" >&2 || true
  else tail -n 15 "$log" >&2 || true
  fi
}

# Starts it and waits until it says that it is ready: its node, or where there is none its API.
start_service() {
  rm -f "$ready"
  control restart >/dev/null || return 1
  stage=node waited=0
  case " $arguments ${SKIFF_DISABLE_AGENT:+--disable-agent}" in *--disable-agent*) stage=api ;; esac
  ! grep -qs '^disable-agent: *true' /etc/skiff/config.yaml || stage=api
  until grep -qs "\"stage\":\"$stage\"" "$ready"; do
    if keeps_ending || [ "$waited" -ge $((timeout * 5)) ]; then return 1; fi
    sleep 0.2
    waited=$((waited + 1))
  done
}

roll_back() {
  show_log
  say "the new version does not become ready: going back to the one before"
  "$previous/take-back" now
  start_service || die "the version before does not become ready either; see the log above"
  die "the upgrade failed and was taken back: the version before runs again"
}

main() {
  settle "$@"
  name_service
  obtain
  check
  begin_journal
  install_files
  install_service
  if is_true "${INSTALL_SKIFF_SKIP_ENABLE:-}"; then
    say "installed $bin_dir/skiff; the service $name is not enabled"
    return
  fi
  enable_service
  if is_true "${INSTALL_SKIFF_SKIP_START:-}"; then
    say "installed; the service $name starts at boot"
    return
  fi
  if ! start_service; then
    [ ! -d "$previous" ] || roll_back
    show_log
    die "$name does not become ready; it is installed and goes on trying. Take it away with: $bin_dir/skiff uninstall"
  fi
  rm -rf "$previous"
  say "$name is ready. It is stopped with \`skiff stop\`, taken away with \`skiff uninstall\`"
  [ "$role" != server ] || say "export KUBECONFIG=$kubeconfig; kubectl get nodes"
}

# The whole script is read before any of it runs: a download that breaks off does nothing.
main "$@"
