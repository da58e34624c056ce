// Short messages at the corner: the server sends them with HX-Trigger: {"xf:toast": {text, tone, close}}.
export function toast({ text, tone = "info", close = "×" }) {
  const box = document.getElementById("toasts");
  if (!box) return;
  const note = document.createElement("div");
  note.className = `xf-toast xf-tone-${tone === "danger" ? "bad" : tone === "success" ? "good" : tone}`;
  note.setAttribute("role", tone === "danger" ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "xf-toast-close";
  button.textContent = "×";
  button.setAttribute("aria-label", close);
  button.addEventListener("click", () => note.remove());
  note.append(words, button);
  box.append(note);
  if (tone !== "danger") setTimeout(() => note.remove(), 6000);
}

document.addEventListener("xf:toast", (event) => toast(event.detail));
document.addEventListener("htmx:sendError", () => {
  const lost = document.documentElement.lang.startsWith("en")
    ? "The server cannot be reached. Nothing was changed; check the network and try again."
    : "连不上服务器，什么都没有改变。请检查网络后再试。";
  toast({ text: lost, tone: "danger" });
});
