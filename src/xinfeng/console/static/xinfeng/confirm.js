// A question before something is done: opens its <dialog>, keeps the button off until the word is typed,
// and lets nobody post twice. One that is answered inline says in the dialog what was refused, and keeps what was typed.
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
        this.clear();
      });
      if (form.hasAttribute("hx-post")) {
        form.addEventListener("xf:fault", (event) => this.tell(event.detail));
        for (const name of ["htmx:sendError", "htmx:responseError"])
          form.addEventListener(name, () => this.told || this.tell({ code: "", text: form.dataset.lost }));
      }
    }

    clear() {
      this.told = false;
      this.querySelector(".xf-dialog-fault")?.setAttribute("hidden", "");
      for (const input of this.querySelectorAll("[data-faults].is-invalid")) {
        input.classList.remove("is-invalid");
        input.removeAttribute("aria-describedby");
        input.removeAttribute("aria-invalid");
      }
    }

    tell({ code, text }) {
      this.told = true;
      const submit = this.querySelector("[data-confirm]");
      submit.disabled = false;
      submit.classList.remove("is-busy");
      const line = this.querySelector(".xf-dialog-fault");
      const input = [...this.querySelectorAll("[data-faults]")].find((one) =>
        one.dataset.faults.split(" ").includes(code),
      );
      line.id ||= `${this.querySelector("dialog").id}-fault`;
      line.textContent = text;
      line.hidden = false;
      if (!input) return void this.querySelector(".xf-dialog-body").append(line);
      input.after(line);
      input.classList.add("is-invalid");
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", line.id);
      input.focus();
    }
  },
);
