// <xf-writer> around the template form: the phone follows what is typed, variables go in where the cursor is,
// only the variables in use ask for a default, and what the rules object to is marked under the very characters.
// Without it the form works all the same.
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
        const around = event.target.closest("[data-before]");
        if (around) this.insert(around.dataset.before, around.dataset.after);
        const better = event.target.closest("[data-replace]");
        if (better) this.replace(better.dataset);
        const pager = event.target.closest("[data-at]");
        if (pager) this.ask(Number(pager.dataset.at));
      });
      for (const box of this.texts) this.lay(box);
      this.settle();
    }

    // Puts the marks of a text under it: the same words in the same place, of which only the marks are seen.
    lay(box) {
      const frame = document.createElement("div");
      frame.className = "xf-marked";
      box.before(frame);
      frame.append(document.getElementById(`marks-${box.name}`) ?? "", box);
      const follow = () => {
        const marks = frame.firstElementChild;
        const { font, padding, letterSpacing } = getComputedStyle(box);
        Object.assign(marks.style, { font, padding, letterSpacing });
        marks.scrollTop = box.scrollTop;
      };
      follow();
      box.addEventListener("scroll", follow);
      new MutationObserver(follow).observe(frame, { childList: true });
    }

    // Writes `before`, then `after` behind what is selected; the cursor stays between them.
    insert(before, after = "") {
      const box = this.into;
      const chosen = box.value.slice(box.selectionStart, box.selectionEnd);
      const at = box.selectionStart + before.length + chosen.length;
      box.focus();
      box.setRangeText(before + chosen + after, box.selectionStart, box.selectionEnd, "end");
      if (after) box.setSelectionRange(at, at);
      this.changed();
    }

    // Puts the proposed words in place of those objected to, if they still stand there.
    replace({ replace: name, start, end, matched, instead }) {
      const box = this.form.elements[name];
      if (box.value.slice(start, end) !== matched) return;
      box.focus();
      box.setRangeText(instead, Number(start), Number(end), "end");
      this.changed();
    }

    changed() {
      for (const marks of this.querySelectorAll(".xf-marks")) marks.replaceChildren();
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
