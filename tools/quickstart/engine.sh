# Finds a Docker Engine or starts one, and registers the gVisor runtimes. Sourced by quickstart.
#
# An engine that answers is used, whoever runs it; its daemon.json is kept and only our two runtimes are added.
# Where there is none, the system's service is started if there is an init system for it, else a private dockerd
# with a configuration, data root, pid file and log of its own.

PRIVATE_SOCKET=$RUN_DIR/docker.sock
PRIVATE_PID=$RUN_DIR/dockerd.pid
PRIVATE_CONFIG=$STATE_DIR/engine/daemon.json
PRIVATE_LOG=$LOG_DIR/dockerd.log
SYSTEM_SOCKET=/var/run/docker.sock
SYSTEM_CONFIG=/etc/docker/daemon.json

# Runtime names and their arguments. Debian's runsc refuses its own network stack on new kernels, so jobs without
# network get none, and jobs with network get that of the container's namespace, never the host's own.
RUNTIMES='{"runsc": ["--network=none"], "runsc-net": ["--network=host"]}'

ENGINE_SOCKET=

engine_get() { curl -sS --max-time 10 --unix-socket "$ENGINE_SOCKET" "http://engine$1"; }
engine_answers() { [[ -S $1 ]] && [[ $(curl -s --max-time 5 --unix-socket "$1" http://engine/_ping) == OK ]]; }

find_engine() {
  local candidate
  for candidate in "$(docker_host_socket)" "$PRIVATE_SOCKET" "$SYSTEM_SOCKET"; do
    if [[ -n $candidate ]] && engine_answers "$candidate"; then
      ENGINE_SOCKET=$candidate
      return 0
    fi
  done
  return 1
}

docker_host_socket() { [[ ${DOCKER_HOST:-} == unix://* ]] && echo "${DOCKER_HOST#unix://}" || true; }

start_engine() {
  step "Docker Engine"
  if ! find_engine; then
    if [[ -d /run/systemd/system ]] && systemctl cat docker.service >/dev/null 2>&1; then
      say "starting the system's service"
      systemctl start docker.service || die "docker.service does not start; see: journalctl -u docker.service"
      wait_until 30 engine_answers "$SYSTEM_SOCKET" || die "docker.service was started but $SYSTEM_SOCKET does not answer"
      ENGINE_SOCKET=$SYSTEM_SOCKET
    else
      start_private_engine
    fi
  fi
  say "engine $(engine_get /version | jq -r .Version) on $ENGINE_SOCKET"
  register_runtimes
}

runsc_path() {
  command -v runsc || die "runsc (gVisor) is not installed; see https://gvisor.dev/docs/user_guide/install/"
}

runtimes_json() {
  jq -n --arg path "$(runsc_path)" --argjson runtimes "$RUNTIMES" \
    '$runtimes | map_values({path: $path, runtimeArgs: .})'
}

start_private_engine() {
  say "starting a private dockerd (log: $PRIVATE_LOG)"
  mkdir -p "$STATE_DIR/engine/data" "$RUN_DIR/engine" "$LOG_DIR"
  # A dockerd that was killed leaves its pid file; the next process of that number is not it.
  is_running "$PRIVATE_PID" dockerd || rm -f "$PRIVATE_PID"
  jq -n --argjson runtimes "$(runtimes_json)" --arg state "$STATE_DIR/engine" --arg run "$RUN_DIR" \
    '{"data-root": "\($state)/data", "exec-root": "\($run)/engine", "pidfile": "\($run)/dockerd.pid",
      "hosts": ["unix://\($run)/docker.sock"], "runtimes": $runtimes}' >"$PRIVATE_CONFIG"
  if ! bridges_work; then
    say "this kernel makes no bridge: jobs with enable_network will be refused by the engine"
    jq '. + {"bridge": "none", "iptables": false, "ip6tables": false}' "$PRIVATE_CONFIG" >"$PRIVATE_CONFIG.new"
    mv "$PRIVATE_CONFIG.new" "$PRIVATE_CONFIG"
  fi
  setsid dockerd --config-file "$PRIVATE_CONFIG" >"$PRIVATE_LOG" 2>&1 </dev/null &
  wait_until 60 engine_answers "$PRIVATE_SOCKET" || die "dockerd does not start; the last lines of $PRIVATE_LOG:
$(tail -n 10 "$PRIVATE_LOG")"
  ENGINE_SOCKET=$PRIVATE_SOCKET
}

bridges_work() {
  [[ -e /sys/class/net/docker0 ]] && return 0
  ip link add name sallyport-try type bridge 2>/dev/null || return 1
  ip link delete sallyport-try 2>/dev/null
  iptables -t nat -L -n >/dev/null 2>&1
}

register_runtimes() {
  local known missing
  known=$(engine_get /info | jq -c '.Runtimes | keys')
  missing=$(jq -rn --argjson known "$known" --argjson wanted "$RUNTIMES" '$wanted | keys - $known | join(" ")')
  if [[ -z $missing ]]; then
    say "runtimes runsc and runsc-net are registered"
    return
  fi
  local config=$SYSTEM_CONFIG
  [[ $ENGINE_SOCKET == "$PRIVATE_SOCKET" ]] && config=$PRIVATE_CONFIG
  say "registering $missing in $config"
  mkdir -p "$(dirname "$config")"
  [[ -s $config ]] || echo '{}' >"$config"
  jq empty "$config" || die "$config is not JSON; mend it, nothing was changed"
  cp -p "$config" "$config.before-sallyport"
  # What is there stays, and goes before ours.
  jq --argjson ours "$(runtimes_json)" '.runtimes = ($ours + (.runtimes // {}))' "$config" >"$config.new"
  cat "$config.new" >"$config" && rm "$config.new"
  reload_engine
  wait_until 15 runtimes_registered || die "the engine did not take the runtimes of $config over; restart it and call again"
}

runtimes_registered() {
  engine_get /info | jq -e --argjson wanted "$RUNTIMES" '($wanted | keys) - (.Runtimes | keys) == []' >/dev/null
}

# dockerd reads its runtimes again at SIGHUP; nothing that runs is touched.
reload_engine() {
  if [[ $ENGINE_SOCKET == "$PRIVATE_SOCKET" ]]; then
    kill -HUP "$(cat "$PRIVATE_PID")"
  elif [[ -d /run/systemd/system ]]; then
    systemctl reload docker.service
  else
    pkill -HUP -x dockerd
  fi
}

stop_engine() {
  step "Docker Engine"
  if is_running "$PRIVATE_PID" dockerd; then
    say "stopping the private dockerd"
    stop_process "$PRIVATE_PID" dockerd 30
  else
    say "none of ours runs"
  fi
}
