// The page: from the form to the report.
import { Editor } from "./editor.js";
import { addOutput, displaysOf, endingOf, figuresOf, make, summaryOf, violationOf } from "./report.js";
import { Session } from "./session.js";
import { runProgram } from "./stream.js";

const one = (selector) => document.querySelector(selector);
const form = one("form");
const run = one("#run");
const stop = one("#stop");
const status = one("#status");
const clock = one("#clock");
const output = one("#output");
const report = one("#report");
const keep = one("#keep");
const editor = new Editor(one("#code"), one(".gutter"));
const examples = JSON.parse(one("#examples").textContent);

const session = new Session(form.dataset);

/** The run that goes on, or null. */
let going = null;

function show(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

function clear() {
  one(".sallyport-result")?.remove(); // Of a run without script.
  for (const part of report.children) part.replaceChildren();
  editor.mark([]);
}

async function start() {
  if (going) return;
  going = new AbortController();
  const begin = performance.now();
  const code = editor.value;
  clear();
  run.disabled = true;
  stop.disabled = false;
  show("running", "Running");
  const ticking = setInterval(() => { clock.textContent = `${((performance.now() - begin) / 1000).toFixed(1)} s`; }, 100);
  try {
    if (keep.checked) takeCell(await session.run(new FormData(form), going.signal), code);
    else await runProgram(form.dataset.run, new FormData(form), going.signal, (event, data) => take(event, data, code));
  } catch (error) {
    if (going.signal.aborted) {
      const lost = session.end(new FormData(form)) ? ", and its session with it" : "";
      show("stopped", `Stopped after ${((performance.now() - begin) / 1000).toFixed(1)} s${lost}`);
    } else {
      failed("No answer", error.message);
    }
  } finally {
    clearInterval(ticking);
    clock.textContent = "";
    going = null;
    const hadFocus = document.activeElement === stop;
    run.disabled = false;
    stop.disabled = true;
    if (hadFocus) run.focus();
  }
}

function take(event, data, code) {
  switch (event) {
    case "queued": return show("running", "Waiting for its turn");
    case "started": return show("running", "Running");
    case "stdout":
    case "stderr": {
      const follows = output.scrollHeight - output.scrollTop - output.clientHeight < 8;
      addOutput(output, event, data.text);
      if (follows) output.scrollTop = output.scrollHeight;
      return;
    }
    case "result": return conclude(data, code);
    case "error": return failed(data.error_type, data.message);
  }
}

/** A cell's answer comes as a whole. */
function takeCell({ result, error }, code) {
  if (error) return failed(error.error_type, error.message);
  if (result.stdout) addOutput(output, "stdout", result.stdout);
  if (result.stderr) addOutput(output, "stderr", result.stderr);
  conclude(result, code);
}

function conclude(result, code) {
  const { state, text } = summaryOf(result);
  show(state, text);
  const places = result.validation_violations.map((v) => violationOf(v, code, (at) => editor.goTo(at)));
  one("#violations").replaceChildren(...places);
  one("#ending").replaceChildren(...endingOf(result));
  one("#displays").replaceChildren(...displaysOf(result));
  one("#figures").replaceChildren(...figuresOf(result));
  editor.mark([result.error_line, ...result.validation_violations.map((v) => v.line)].filter(Boolean));
}

function failed(type, message) {
  show("failed", "Not run");
  one("#ending").replaceChildren(make("div", { class: "error" }, make("strong", {}, type), make("pre", {}, message)));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
stop.addEventListener("click", () => going?.abort());
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    start();
  } else if (event.key === "Escape") {
    going?.abort();
  }
});

keep.addEventListener("change", () => { if (!keep.checked) session.end(new FormData(form)); });
window.addEventListener("pagehide", () => session.end(new FormData(form)));

one(".examples").addEventListener("click", (event) => {
  const chosen = examples[event.target.dataset?.example];
  if (!chosen) return;
  editor.value = chosen.code;
  one("#image").value = chosen.image;
  editor.focus();
});
one(".examples").hidden = false;
stop.hidden = false;
one(".keep").hidden = false;
