# Runs every test. Sourced by quickstart.

TEST_RESULTS=$LOG_DIR/tests
PASSED=0
FAILED=0
FAILED_SUITES=()
BESIDE=
REPORTED=false

run_all_tests() {
  mkdir -p "$TEST_RESULTS"
  rm -f "$TEST_RESULTS"/*.xml "$TEST_RESULTS"/failed.txt
  # What the tests and the binary need to know of this machine; the tests make everything else themselves.
  export SALLYPORT_ENGINE_SOCKET=$ENGINE_SOCKET
  export SALLYPORT_TEST_IMAGE_RECORD=$STATE_DIR/images.json
  trap at_exit EXIT

  local has_images=false
  step "Building"
  if prepared "the build" build_preset release; then
    suite "unit tests" release -L unit -j "$(nproc)"
    suite "conformance tests (the parser against CPython)" release -L conformance
    prepared "the runner images" images_of_tests && has_images=true
  fi
  # The tests wait for the engine part of the time. Two go side by side, those apart that CMakeLists.txt runs alone.
  begin_beside
  if $has_images; then
    suite "integration tests (real engine, real gVisor)" release -L integration -j 2
    suite "adversarial tests (real gVisor)" release -L adversarial -j 2
  fi
  end_beside

  # What failed to build beside the tests is built again here, and says why.
  step "Building with AddressSanitizer and UndefinedBehaviorSanitizer (clang)"
  if prepared "the build with ASan and UBSan" build_preset asan-ubsan unit_tests fuzz_targets; then
    suite "unit tests under ASan and UBSan" asan-ubsan -L unit -j "$(nproc)"
    suite "fuzz targets, a short run each from their seeds" asan-ubsan -L fuzz -j "$(nproc)"
  fi
  step "Building with ThreadSanitizer"
  if prepared "the build with TSan" build_preset tsan unit_tests; then
    suite "concurrent parts under TSan" tsan -L unit -j "$(nproc)"
  fi

  step "The Python client: types, unit tests, wheel"
  script clients/python/check

  step "Format, include direction, clang-tidy"
  script reported_check

  report_result
}

report_result() {
  REPORTED=true
  step "Result after $((SECONDS / 60)) min $((SECONDS % 60)) s"
  # Once more and in short, for whoever sees the end of a long log alone.
  [[ ! -s $TEST_RESULTS/failed.txt ]] || cat "$TEST_RESULTS/failed.txt"
  local name
  for name in "${FAILED_SUITES[@]}"; do say "failed: $name"; done
  echo "$PASSED passed, $FAILED failed"
  ((FAILED == 0))
}

# However the run ends, there is a result.
at_exit() {
  [[ -z $BESIDE ]] || kill -- "-$BESIDE" 2>/dev/null || true
  $REPORTED && return
  FAILED=$((FAILED + 1))
  FAILED_SUITES+=("the run was cut off before its end")
  report_result
}

images_of_tests() {
  write_broker_config && build_images python python-data
}

# prepared NAME COMMAND...: a step that suites need. One that fails is a failure in the result; its suites are left
# out, and the others run.
prepared() {
  local name=$1
  shift
  ("$@") && return  # In a process of its own, which may end itself.
  say "failed: $name; what needs it is not run"
  FAILED=$((FAILED + 1))
  FAILED_SUITES+=("$name, and with it what needs it")
  return 1
}

# begin_beside, end_beside: what needs no engine, in the background and behind all else: the other builds, and the check,
# whose result `reported_check` gives.
begin_beside() {
  CHECK_LOG=$LOG_DIR/check.log
  CHECK_STATUS=$TEST_RESULTS/check.status
  rm -f "$CHECK_STATUS"
  say "beside it: the other builds and the check of the source (log: $LOG_DIR/beside.log)"
  set -m  # A process group of its own, so that it can be ended whole.
  (
    renice -n 19 "$BASHPID" >/dev/null
    (build_preset asan-ubsan unit_tests fuzz_targets) || true
    (build_preset tsan unit_tests) || true
    status=0
    tools/check build/release >"$CHECK_LOG" 2>&1 || status=$?
    echo "$status" >"$CHECK_STATUS"
  ) >"$LOG_DIR/beside.log" 2>&1 &
  BESIDE=$!
  set +m
}

end_beside() {
  step "Waiting for what was begun beside the tests"
  wait "$BESIDE" || true
  BESIDE=
}

reported_check() {
  cat "$CHECK_LOG"
  [[ $(cat "$CHECK_STATUS" 2>/dev/null) == 0 ]]
}

# script COMMAND...: one that passes or fails as a whole, counted as one test.
script() {
  if "$@"; then PASSED=$((PASSED + 1)); else
    FAILED=$((FAILED + 1))
    FAILED_SUITES+=("$1")
  fi
}

# suite NAME PRESET CTEST_ARGUMENTS...: one run of ctest, counted. A suite without a test is a failure.
suite() {
  local name=$1 preset=$2 result tests failures
  shift 2
  step "Running: $name"
  result=$TEST_RESULTS/$preset-${*//[^a-z]/}.xml
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --output-junit "$result" "$@" || true
  tests=$(sed -n 's/.*<testsuite .*tests="\([0-9]*\)".*/\1/p;s/^[[:space:]]*tests="\([0-9]*\)".*/\1/p' "$result" 2>/dev/null | head -n 1)
  failures=$(grep -cE '<testcase .*status="(fail|notrun|disabled)"' "$result" 2>/dev/null || true)
  if [[ -z $tests || $tests == 0 ]]; then
    tests=1 failures=1
  fi
  PASSED=$((PASSED + tests - failures))
  FAILED=$((FAILED + failures))
  ((failures == 0)) && return
  FAILED_SUITES+=("$name: $failures of $tests")
  ends_of_failures "build/$preset/Testing/Temporary/LastTest.log" >>"$TEST_RESULTS/failed.txt"
}

# ends_of_failures LOG: the name of each test that failed in this log of ctest, and the last lines of its output.
ends_of_failures() {
  awk -v keep=25 '
    / Test: / && /^[0-9]+\/[0-9]+ / { name = $0; sub(/^.* Test: /, "", name); lines = 0; next }
    /^<end of output>/ { inside = 0 }
    inside { kept[lines++ % keep] = $0; next }
    /^Output:$/ { inside = 1 }
    /^Test (Failed|Timeout|Not Run)/ || /^Test fail reason/ {
      if (name == "") next
      print "--- " name
      for (i = lines > keep ? lines - keep : 0; i < lines; ++i) print "    " substr(kept[i % keep], 1, 400)
      name = ""
    }' "$1"
}
