# Starts the broker, shows a submission, stops the broker. Sourced by quickstart.

BROKER_CONFIG=$STATE_DIR/quickstart.json
BROKER_PID=$RUN_DIR/broker.pid
BROKER_LOG=$LOG_DIR/broker.log
AUDIT_LOG=$LOG_DIR/audit.log
BROKER_URL=http://127.0.0.1:8080

write_broker_config() {
  mkdir -p "$STATE_DIR" "$RUN_DIR" "$LOG_DIR"
  jq -n --arg socket "$ENGINE_SOCKET" --arg source "$SOURCE_DIR" --arg state "$STATE_DIR" \
    --arg log "$BROKER_LOG" --arg audit "$AUDIT_LOG" \
    '{engine: {socket: $socket}, images: {recipes: "\($source)/images/recipes", record: "\($state)/images.json"},
      log: {file: $log, audit_file: $audit}, instance: {name: "quickstart", state_folder: $state}}' >"$BROKER_CONFIG.new"
  mv "$BROKER_CONFIG.new" "$BROKER_CONFIG"
}

broker_ready() { curl -sf --max-time 5 "$BROKER_URL/readyz"; }

start_broker() {
  step "Broker"
  if is_running "$BROKER_PID" sallyport && [[ "/proc/$(cat "$BROKER_PID")/exe" -ef $SALLYPORT ]] && broker_ready >/dev/null; then
    say "runs already: $BROKER_URL"
    return
  fi
  stop_process "$BROKER_PID" sallyport 45
  local before=0
  [[ -e $BROKER_LOG ]] && before=$(wc -l <"$BROKER_LOG")
  setsid "$SALLYPORT" serve --config "$BROKER_CONFIG" >>"$LOG_DIR/broker.out" 2>&1 </dev/null &
  echo $! >"$BROKER_PID"
  wait_until 30 broker_ready || die "the broker is not ready: $(curl -s --max-time 5 "$BROKER_URL/readyz")
$(tail -n +$((before + 1)) "$BROKER_LOG" 2>/dev/null | tail -n 10)
$(tail -n 5 "$LOG_DIR/broker.out")"
  say "listens on $BROKER_URL"
}

stop_broker() {
  step "Broker"
  if is_running "$BROKER_PID" sallyport; then
    say "stopping it; what runs is finished first"
    stop_process "$BROKER_PID" sallyport 45
  else
    say "none of ours runs"
  fi
}

# The sample keeps to the policy "default". The clock that it reads begins when the sandbox's own kernel starts. What it
# tells of the context is taken out of its output, since it is named like a secret.
SAMPLE='{
  "code": "import sys, time\nuser = context[\"user\"]\nprint(f\"Hello {user}, from Python {sys.version.split()[0]} in a kernel of its own, {time.monotonic():.1f} seconds old\")\nprint(\"Your key is\", context[\"api_key\"])",
  "context": {"user": "Ada", "api_key": "moonlight-on-the-harbour"}
}'

# Whether a sandbox waits, so that the sample shows what a reply costs from then on.
pool_ready() { curl -sf --max-time 5 "$BROKER_URL/metrics" | grep -q '^sallyport_pool_slots{state="ready"} [1-9]'; }

show_sample() {
  wait_until 15 pool_ready || true
  step "A submission"
  say "curl -s $BROKER_URL/v1/executions -H 'Content-Type: application/json' -d '"
  jq . <<<"$SAMPLE" | sed 's/^/    /'
  local reply
  reply=$(curl -sS --max-time 60 "$BROKER_URL/v1/executions" -H 'Content-Type: application/json' -d "$SAMPLE") ||
    die "the broker did not answer"
  step "The reply"
  jq . <<<"$reply" | sed 's/^/    /'
  jq -e .success <<<"$reply" >/dev/null || die "the sample did not succeed; try: $SALLYPORT doctor --config $BROKER_CONFIG"
  step "Where things are"
  say "API            $BROKER_URL/v1/executions"
  say "audit records  $AUDIT_LOG"
  say "log            $BROKER_LOG"
  say "configuration  $BROKER_CONFIG"
  say "stop           ./quickstart stop"
}

show_status() {
  if find_engine; then say "engine: $ENGINE_SOCKET"; else say "engine: none answers"; fi
  if is_running "$BROKER_PID" sallyport; then say "broker: $BROKER_URL, $(broker_ready || echo "not ready")"; else say "broker: not running"; fi
}
