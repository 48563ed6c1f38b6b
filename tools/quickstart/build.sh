# Builds the binary. Sourced by quickstart.

# build_preset PRESET [TARGET...]
build_preset() {
  local preset=$1
  shift
  as_user cmake --preset "$preset" >"$LOG_DIR/cmake-$preset.log" 2>&1 || die "cmake failed; the last lines of $LOG_DIR/cmake-$preset.log:
$(tail -n 15 "$LOG_DIR/cmake-$preset.log")"
  as_user cmake --build --preset "$preset" ${1:+--target "$@"}
}

build_broker() {
  step "Building (the first time takes some minutes)"
  build_preset release sallyport
}
