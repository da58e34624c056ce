// Asks the server for pieces of the page, the latest question only. htmx queues requests of one element and keeps
// the target it found when it was asked; a preview that follows every keystroke needs neither.
export class Asker {
  // Posts `values` and puts each element of the answer in place of the one with its id. False: a later question
  // came in between, or the server refused (its message is shown).
  async post(url, values) {
    this.running?.abort();
    const { signal } = (this.running = new AbortController());
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "HX-Request": "true", "HX-Current-URL": location.href };
    try {
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams(values), headers, signal });
      const html = await answer.text();
      const login = answer.headers.get("HX-Redirect");
      if (login) location.assign(login);
      const events = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}");
      for (const [name, detail] of Object.entries(events)) document.dispatchEvent(new CustomEvent(name, { detail }));
      if (!answer.ok || login) return false;
      place(html);
      return true;
    } catch (error) {
      if (error.name !== "AbortError") document.dispatchEvent(new CustomEvent("htmx:sendError"));
      return false;
    }
  }
}

function place(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  for (const piece of [...box.content.children]) {
    const old = document.getElementById(piece.id);
    if (!old) continue;
    old.replaceWith(piece);
    window.htmx?.process(piece);
  }
}
