# Builds the runner images. Sourced by quickstart.

build_images() {
  step "Runner images ($*)"
  local name
  for name in "$@"; do
    "$SALLYPORT" images build --config "$BROKER_CONFIG" "$name" || return
  done
}
