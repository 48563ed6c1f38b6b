# Words to the user, and what every part needs. Sourced by quickstart.

step() { printf '\n\033[1m==> %s\033[0m (after %d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }
say() { printf '    %s\n' "$*"; }
die() {
  printf '\nquickstart: %s\n' "$*" >&2
  exit 1
}

# Packages, the engine and the sandboxes need root; the build does not (see as_user).
become_root() {
  ((EUID == 0)) && return
  command -v sudo >/dev/null || die "this needs root: run it as root, or install sudo"
  say "root is needed to install packages and to talk to the container engine; asking sudo"
  exec sudo --preserve-env=DOCKER_HOST,SALLYPORT_QUICKSTART_STATE,SALLYPORT_QUICKSTART_RUN,SALLYPORT_QUICKSTART_LOG,CI \
    "$SOURCE_DIR/quickstart" "$@"
}

# Runs a command as whoever called sudo, so that the build tree is theirs.
as_user() {
  if [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
    sudo -u "$SUDO_USER" -- "$@"
  else
    "$@"
  fi
}

require_supported_system() {
  local id="" version="" pretty="this system"
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    pretty=$(. /etc/os-release && echo "${PRETTY_NAME:-this system}")
  fi
  case $id:$version in
    debian:12 | ubuntu:24.04) ;;
    *) die "$pretty is not supported; this works on Debian 12 and Ubuntu 24.04.
Elsewhere: install what packages.txt lists, then follow docs/operations/install.md" ;;
  esac
  [[ $(uname -m) == x86_64 || $(uname -m) == aarch64 ]] || die "gVisor runs on x86-64 and arm64, not on $(uname -m)"
}

# is_running PID_FILE NAME: whether the process of that file lives and is what we think it is.
is_running() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 1
  [[ -n $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == "$2" ]]
}

# wait_until SECONDS COMMAND...: repeats the command quietly until it succeeds.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

# stop_process PID_FILE NAME SECONDS: TERM, then KILL.
stop_process() {
  local pid
  is_running "$1" "$2" || { rm -f "$1"; return 0; }
  pid=$(cat "$1")
  kill -TERM "$pid"
  wait_until "$3" not_alive "$pid" || kill -KILL "$pid" 2>/dev/null || true
  rm -f "$1"
}
not_alive() { ! kill -0 "$1" 2>/dev/null; }
