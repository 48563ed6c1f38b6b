// What a bare textarea lacks: line numbers, indentation, a way to a place in the text.

export class Editor {
  #text;
  #gutter;
  #leaves = false; // Whether the next Tab leaves, as Esc has asked for.
  #marked = new Set();

  constructor(text, gutter) {
    this.#text = text;
    this.#gutter = gutter;
    text.addEventListener("input", () => this.mark([]));
    text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
    text.addEventListener("keydown", (event) => this.#key(event));
    text.addEventListener("blur", () => { this.#leaves = false; });
    this.#number();
  }

  get value() { return this.#text.value; }

  set value(code) {
    this.#text.value = code;
    this.#text.setSelectionRange(0, 0);
    this.#text.scrollTop = 0;
    this.mark([]);
  }

  focus() { this.#text.focus(); }

  /** Marks lines, counted from 1, in the gutter. */
  mark(lines) {
    this.#marked = new Set(lines);
    this.#number();
  }

  /** Selects the place of a violation. */
  goTo({ line, column, end_line: endLine, end_column: endColumn }) {
    const begin = this.#offset(line, column ?? 1);
    const end = endLine && endColumn ? this.#offset(endLine, endColumn) : begin;
    this.#text.focus();
    this.#text.setSelectionRange(begin, Math.max(begin, end));
  }

  #offset(line, column) {
    const lines = this.#text.value.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    return before + Array.from(lines[line - 1] ?? "").slice(0, column - 1).join("").length;
  }

  #number() {
    const count = this.#text.value.split("\n").length;
    const numbers = [];
    for (let line = 1; line <= count; ++line) {
      const number = document.createElement("span");
      number.textContent = line;
      if (this.#marked.has(line)) number.className = "marked";
      numbers.push(number);
    }
    this.#gutter.replaceChildren(...numbers);
    this.#gutter.scrollTop = this.#text.scrollTop;
  }

  #key(event) {
    if (event.key === "Escape") {
      this.#leaves = true;
    } else if (event.key === "Tab" && !this.#leaves && !event.shiftKey && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      this.#insert("    ");
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      const { value, selectionStart } = this.#text;
      const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
      const indent = /^[ \t]*/.exec(line)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : "");
      event.preventDefault();
      this.#insert("\n" + indent);
    } else if (!["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) {
      this.#leaves = false;
    }
  }

  /** As if typed, so that it can be undone. */
  #insert(text) {
    if (!document.execCommand("insertText", false, text)) {
      this.#text.setRangeText(text, this.#text.selectionStart, this.#text.selectionEnd, "end");
      this.mark([]);
    }
  }
}
