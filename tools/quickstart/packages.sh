# Installs what packages.txt lists. Sourced by quickstart.

# wanted_packages GROUP...: one line a package, its alternatives separated by blanks.
wanted_packages() {
  local group rest
  while read -r group rest; do
    [[ -z $group || $group == \#* ]] && continue
    [[ " $* " == *" $group "* ]] && tr '|' ' ' <<<"$rest"
  done <packages.txt
  return 0
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

install_packages() {
  step "Packages ($*)"
  local alternatives package missing=()
  while read -ra alternatives; do
    for package in "${alternatives[@]}"; do is_installed "$package" && continue 2; done
    missing+=("${alternatives[*]}")
  done < <(wanted_packages "$@")
  if ((${#missing[@]} == 0)); then
    say "all there"
    return
  fi

  say "reading the package lists"
  apt-get update -qq || die "the package lists could not be read; is there a network, and are the sources in /etc/apt right?"
  local chosen=() line
  for line in "${missing[@]}"; do
    chosen+=("$(available_alternative "$line")") || die "no package of: $line
Look for it in another suite of your distribution, or install it by hand (runsc: https://gvisor.dev/docs/user_guide/install/) and take its line out of packages.txt"
  done
  say "installing ${chosen[*]}"
  # Services must not start here: whether the engine runs, and how, is decided in the next step.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${chosen[@]}" >"$LOG_FILE_PACKAGES" 2>&1 ||
    die "installing failed; the last lines of $LOG_FILE_PACKAGES:
$(tail -n 15 "$LOG_FILE_PACKAGES")"
}

LOG_FILE_PACKAGES=$LOG_DIR/packages.log
mkdir -p "$LOG_DIR" 2>/dev/null || true

available_alternative() {
  local package
  for package in $1; do
    if [[ $(apt-cache policy "$package" | awk '/Candidate:/ { print $2 }') == [0-9]* ]]; then
      echo "$package"
      return
    fi
  done
  return 1
}
