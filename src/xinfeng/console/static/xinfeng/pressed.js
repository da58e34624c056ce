// Loaded before anything can be pressed: what somebody presses whose script is still on its way is kept, and pressed
// once everything listens (early.js says when). What the browser does by itself, and what listens already, is not.
(() => {
  const pressed = new Set();
  const waits = (button) => {
    let host = button;
    while (host && !host.localName.includes("-")) host = host.parentElement;
    return host ? !customElements.get(host.localName) : button.hasAttribute("hx-get") || button.hasAttribute("hx-post");
  };
  const keep = ({ target }) => {
    const button = target.closest("button[type=button]:not([commandfor])");
    if (button && waits(button)) pressed.add(button);
  };
  document.addEventListener("click", keep, true);
  document.addEventListener("xf:ready", () => {
    document.removeEventListener("click", keep, true);
    for (const button of pressed) if (button.isConnected) button.click();
  }, { once: true });
})();
