// A session: programs that run one after the other in one interpreter. Without knowledge of the page.

export class Session {
  #urls;
  #id = null;
  #image = null;

  /** @param {{begin: string, cell: string, end: string}} urls */
  constructor(urls) { this.#urls = urls; }

  /**
   * Runs what the form has as a cell, in a new session where there is none, or one of another image.
   * Gives `{result}`, or `{error}` where no session could begin. Rejects where there is no answer, and when it is aborted.
   */
  async run(form, signal) {
    if (this.#image !== form.get("image")) this.end(form);
    if (this.#id === null) {
      const begun = await this.#ask(this.#urls.begin, form, signal);
      if (begun.error) return begun;
      this.#id = begun.session;
      this.#image = form.get("image");
    }
    form.set("session", this.#id);
    const answer = await this.#ask(this.#urls.cell, form, signal);
    const { session_state: state, error_type: type, was_served: served } = answer.result;
    if (state === "ended" || (!served && type === "SessionEndedError")) this.#id = null;
    return answer;
  }

  /** Ends it, and a cell that runs; also while the page is left. Whether there was one. */
  end(form) {
    if (this.#id === null) return false;
    form.set("session", this.#id);
    this.#id = null;
    return navigator.sendBeacon(this.#urls.end, form);
  }

  async #ask(url, body, signal) {
    const answer = await fetch(url, { method: "POST", body, signal });
    if (!answer.ok) throw new Error(`the server answered ${answer.status} ${answer.statusText}`);
    return answer.json();
  }
}
