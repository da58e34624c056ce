// Menus are <details>; this closes them on a click elsewhere, on Escape, and when another one opens.
const open = () => document.querySelectorAll("details.xf-menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) {
    const inside = menu.contains(event.target);
    if (!inside || event.target.closest("a.xf-menu-item, a.xf-nav-item")) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The theme changes at once; the server remembers it without a new page.
customElements.define(
  "xf-theme",
  class extends HTMLElement {
    connectedCallback() {
      this.addEventListener("submit", (event) => {
        const form = event.target;
        const button = event.submitter;
        if (!button) return;
        event.preventDefault();
        const root = document.documentElement;
        root.dataset.themeChoice = button.value;
        root.dispatchEvent(new CustomEvent("xf:theme-choice"));
        for (const one of form.querySelectorAll("button")) one.toggleAttribute("aria-current", false);
        button.setAttribute("aria-current", "true");
        const shown = this.querySelector("summary use");
        shown.setAttribute("href", button.querySelector("use").getAttribute("href"));
        this.querySelector("details").open = false;
        const body = new FormData(form, button);
        fetch(form.action, { method: "POST", body, redirect: "manual" });
      });
    }
  },
);
