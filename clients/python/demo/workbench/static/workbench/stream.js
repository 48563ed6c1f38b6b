// Runs a program and hands each event on while it happens. Without knowledge of the page.

/**
 * @param {string} url
 * @param {FormData} form
 * @param {AbortSignal} signal  Aborting it ends the program.
 * @param {(event: string, data: object) => void} take
 * Rejects where there is no stream, where it breaks off, and when it is aborted.
 */
export async function runProgram(url, form, signal, take) {
  const answer = await fetch(url, { method: "POST", body: form, signal, headers: { Accept: "application/x-ndjson" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status} ${answer.statusText}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let begun = []; // Pieces of a line whose end has not come. A line with pictures has many.
  let last = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const [end, ...lines] = value.split("\n");
    begun.push(end);
    for (const next of lines) {
      const { event, data } = JSON.parse(begun.join(""));
      begun = [next];
      if (event === "heartbeat") continue;
      last = event;
      take(event, data);
    }
  }
  if (last !== "result" && last !== "error") throw new Error("the stream ended before the program did");
}
