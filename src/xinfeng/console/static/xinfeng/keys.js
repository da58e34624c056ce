// Keys for who decides many things: data-key names one, data-walk is a table whose data-step links J and K go through.
// A key only moves the focus (Enter then does it), so that nothing is decided by a slip of the hand.

function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function walk(step) {
  const links = [...document.querySelectorAll("[data-walk] a[data-step]")];
  if (!links.length) return false;
  const here = links.indexOf(document.activeElement);
  links[Math.min(Math.max(here + step, 0), links.length - 1)].focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if ((key === "j" || key === "k") && walk(key === "j" ? 1 : -1)) {
    event.preventDefault();
    return;
  }
  const wanted = /^[a-z]$/.test(key) && document.querySelector(`[data-key="${key}"]:not([disabled])`);
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
  wanted.scrollIntoView({ block: "nearest" });
});
