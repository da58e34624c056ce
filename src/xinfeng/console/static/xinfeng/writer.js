// <xf-writer> around the template form: the phone follows what is typed, variables go in where the cursor is,
// and only the variables in use ask for a default. Without it the form works all the same.
import { Asker } from "./ask.js";

const WAIT_MS = 350;

customElements.define(
  "xf-writer",
  class extends HTMLElement {
    connectedCallback() {
      this.form = this.querySelector("form");
      this.asker = new Asker();
      this.texts = [...this.form.querySelectorAll("textarea")];
      this.into = this.texts[0];
      this.at = 0;
      this.addEventListener("focusin", (event) => {
        if (this.texts.includes(event.target)) this.into = event.target;
      });
      this.addEventListener("input", () => this.changed());
      this.addEventListener("change", () => this.changed());
      this.addEventListener("click", (event) => {
        const variable = event.target.closest("[data-insert]");
        if (variable) this.insert(variable.dataset.insert);
        const pager = event.target.closest("[data-at]");
        if (pager) this.ask(Number(pager.dataset.at));
      });
      this.settle();
    }

    insert(text) {
      const box = this.into;
      box.focus();
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      this.changed();
    }

    changed() {
      this.settle();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.at), WAIT_MS);
    }

    // Shows the defaults of the variables that are in the text, and the opt-out wording where there is one.
    settle() {
      const written = this.texts.map((box) => box.value).join(" ");
      const used = new Set(written.match(/[a-z_]+(?:\.[a-z0-9_]+)?/g) ?? []);
      let any = false;
      for (const row of this.querySelectorAll("[data-variable]")) {
        row.hidden = !used.has(row.dataset.variable);
        any ||= !row.hidden;
      }
      this.querySelector("[data-defaults]").hidden = !any;
      const purpose = this.form.elements.purpose?.value;
      this.querySelector("[data-marketing-only]").hidden = purpose === "service";
    }

    ask(at) {
      this.at = at;
      const values = new URLSearchParams(new FormData(this.form));
      values.set("at", at);
      this.asker.post(this.dataset.preview, values);
    }
  },
);
