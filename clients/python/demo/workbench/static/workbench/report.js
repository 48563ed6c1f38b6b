// Shows what a program said. All of it is text: elements are made here, and filled with textContent alone.

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];

/** `make("p", {class: "note"}, "text", child, …)` */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Adds a piece of a stream to the output; pieces of one stream in a row share a node. */
export function addOutput(output, stream, text) {
  const last = output.lastElementChild;
  if (last?.className === stream) {
    last.lastChild.appendData(text);
  } else {
    output.append(make("span", { class: stream }, text));
  }
}

/** A violation with its line of the program and carets below it. `goTo` is called with it when its place is chosen. */
export function violationOf(violation, code, goTo) {
  const item = make("article", { class: `violation ${violation.severity}` });
  const head = make("h3", {}, violation.message);
  item.append(head);
  const line = violation.line ? code.split("\n")[violation.line - 1] : undefined;
  if (line !== undefined) {
    const place = make("button", { type: "button", class: "place" }, `Line ${violation.line}`);
    place.addEventListener("click", () => goTo(violation));
    head.prepend(place, " ");
    item.append(sourceWithCarets(line, violation));
  }
  if (violation.hint) item.append(make("p", { class: "hint" }, violation.hint));
  return item;
}

function sourceWithCarets(line, violation) {
  // Columns count characters, not UTF-16 units. What stands before the carets is there again, unseen, so that they are
  // below their place whatever the width of a tab or a letter.
  const characters = Array.from(line);
  const begin = Math.max(0, (violation.column ?? 1) - 1);
  const sameLine = !violation.end_line || violation.end_line === violation.line;
  const end = Math.max(begin + 1, sameLine ? (violation.end_column ?? begin + 2) - 1 : characters.length);
  const under = characters.slice(begin, end).join("");
  const source = make("pre", { class: "source" }, make("code", {}, line), "\n");
  if (violation.column) {
    source.append(
      make("span", { class: "before", "aria-hidden": "true" }, characters.slice(0, begin).join("")),
      make("span", { class: "carets", "aria-hidden": "true" }, "^".repeat(Math.max(1, Array.from(under).length))),
    );
  }
  return source;
}

/** How it ended: the error, and notes about the output. */
export function endingOf(result) {
  const found = [];
  if (!result.success && result.validation_violations.length === 0) {
    const where = result.error_line ? `, line ${result.error_line}` : "";
    const type = result.error_type ?? "Failed";
    const message = result.error_message ?? "";
    const rest = message.startsWith(`${type}: `) ? message.slice(type.length + 2) : message;
    found.push(make("div", { class: "error" }, make("strong", {}, type), where, make("pre", {}, rest)));
  }
  if (result.was_output_redacted) found.push(make("p", { class: "note" }, "Parts that look like secrets were replaced."));
  for (const v of result.output_violations) {
    found.push(make("p", { class: "note" }, `${v.message} (${v.stream}, ${v.count}×)`));
  }
  if (result.was_output_truncated) found.push(make("p", { class: "note" }, "The output was too long and was cut."));
  for (const note of result.notes) found.push(make("p", { class: "note" }, note));
  return found;
}

/** What a cell showed, and its value: as a picture, or else as text. Its HTML is the program's, and no part of the page. */
export function displaysOf(result) {
  const shown = [...(result.displays ?? []), ...(result.value ? [result.value] : [])];
  return shown.map((forms, index) => {
    const text = forms["text/plain"] ?? "";
    if (!forms["image/png"]) return make("pre", { class: "value" }, text);
    const source = `data:image/png;base64,${forms["image/png"]}`;
    return make("figure", {}, make("img", { src: source, alt: text || `Figure ${index + 1} that the cell showed` }));
  });
}

/** Pictures to look at, other files to save. */
export function figuresOf(result) {
  return result.artifacts.map((artifact) => {
    const isPicture = PICTURES.includes(artifact.media_type);
    // Saved, not opened: as bytes of no kind, no browser makes a page of them.
    const bytes = `data:application/octet-stream;base64,${artifact.content_base64}`;
    const name = artifact.path.split("/").pop();
    const save = make("a", { href: bytes, download: name }, `Save ${artifact.path}`);
    const about = make("figcaption", {}, save, ` ${sizeOf(artifact.size)}`);
    if (!isPicture) return make("figure", { class: "file" }, about);
    const source = `data:${artifact.media_type};base64,${artifact.content_base64}`;
    return make("figure", {}, make("img", { src: source, alt: `Picture that the program made: ${artifact.path}` }), about);
  });
}

/** One line about a result, for the status. */
export function summaryOf(result) {
  if (!result.success && result.validation_violations.some((v) => v.severity !== "low") && result.exit_code === null
      && result.execution_time_seconds === null) {
    const blocking = result.validation_violations.length;
    return { state: "failed", text: `Refused: ${blocking} ${blocking === 1 ? "violation" : "violations"}` };
  }
  const parts = [result.success ? "Succeeded" : `Failed: ${result.error_type}`];
  if (result.cell) parts.push(`cell ${result.cell}`);
  if (result.total_time_seconds !== null) parts.push(`${timeOf(result.total_time_seconds)}`);
  if (result.usage) parts.push(`${result.usage.peak_memory_mb.toFixed(0)} MB`, `${result.usage.start} start`);
  return { state: result.success ? "succeeded" : "failed", text: parts.join(" · ") };
}

function timeOf(seconds) {
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

function sizeOf(bytes) {
  return bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
