# Builds the binary. Sourced by quickstart.

# build_preset PRESET [TARGET...]
build_preset() {
  local preset=$1
  shift
  configure_preset "$preset"
  # In a folder that was begun with another compiler CMake begins anew, without the preset: the sanitizers would be gone.
  ! grep -q "require your cache to be deleted" "$LOG_DIR/cmake-$preset.log" || configure_preset "$preset" --fresh
  as_user cmake --build --preset "$preset" ${1:+--target "$@"}
}

configure_preset() {
  as_user cmake --preset "$@" >"$LOG_DIR/cmake-$1.log" 2>&1 || die "cmake failed; the last lines of $LOG_DIR/cmake-$1.log:
$(tail -n 15 "$LOG_DIR/cmake-$1.log")"
}

build_broker() {
  step "Building (the first time takes some minutes)"
  build_preset release sallyport
}
