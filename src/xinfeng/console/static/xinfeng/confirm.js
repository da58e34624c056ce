// A question before something is done: opens its <dialog>, keeps the button off until the word is typed,
// and lets nobody post twice.
customElements.define(
  "xf-confirm",
  class extends HTMLElement {
    connectedCallback() {
      const dialog = this.querySelector("dialog");
      const form = dialog.querySelector("form");
      const submit = form.querySelector("[data-confirm]");
      const typed = form.querySelector("[data-expect]");
      const native = "commandForElement" in HTMLButtonElement.prototype;
      this.addEventListener("click", (event) => {
        if (event.target === dialog) dialog.close();
        if (native) return;
        if (event.target.closest("[data-open]")) dialog.showModal();
        if (event.target.closest("[data-close]")) dialog.close();
      });
      if (typed) {
        const check = () => (submit.disabled = typed.value.trim() !== typed.dataset.expect);
        typed.addEventListener("input", check);
        check();
      }
      form.addEventListener("submit", () => {
        queueMicrotask(() => (submit.disabled = true));
        submit.classList.add("is-busy");
      });
    }
  },
);
