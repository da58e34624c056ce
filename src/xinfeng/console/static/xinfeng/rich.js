// <xf-rich> around the designer of a 5G message. What stands on the page is the message: it is read from there for every
// preview and for saving, and its parts are copies of the page's <template>s, so every word is the server's.
// The server answers with the phone, and with faults and marks by place (`cards.0.buttons.1.label`).
import { Asker } from "./ask.js";
import { Gallery } from "./rich-gallery.js";

const WAIT_MS = 350;

customElements.define(
  "xf-rich",
  class extends HTMLElement {
    connectedCallback() {
      this.form = this.querySelector("form");
      this.store = this.form.elements.rich;
      this.cards = this.querySelector("[data-cards]");
      this.chips = this.querySelector("[data-chips]");
      this.asker = new Asker();
      this.gallery = new Gallery(this);
      this.media = new WeakMap();
      this.touched = new WeakSet();
      this.at = 0;
      this.tried = this.hasAttribute("data-tried");
      this.fresh = true;
      this.addEventListener("input", (event) => this.typed(event.target));
      this.addEventListener("change", (event) => this.typed(event.target));
      this.addEventListener("click", (event) => this.clicked(event));
      this.addEventListener("keydown", (event) => {
        const single = event.target.matches("input:not([type=checkbox]):not([type=file]), textarea[data-single]");
        if (event.key === "Enter" && single && !event.isComposing) event.preventDefault();
      });
      this.addEventListener("focusin", ({ target }) => {
        if (target.matches("[data-liquid]")) this.into = target;
      });
      this.addEventListener("focusout", ({ target }) => {
        this.touched.add(target);
        if (this.fresh) this.tell();
      });
      this.form.addEventListener("submit", (event) => this.save(event));
      window.addEventListener("beforeunload", (event) => {
        if (this.dirty) event.preventDefault();
      });
      const kept = parsed(this.store.value);
      if (kept) this.build(kept);
      this.settle();
      this.tell();
    }

    // --- the message -------------------------------------------------------------------------------------------

    build(face) {
      for (const one of face.cards ?? []) this.cards.append(this.card(one));
      for (const one of face.chips ?? []) this.chips.append(this.button(one));
      for (const box of this.querySelectorAll("[data-l]")) {
        const value = face[box.dataset.l];
        if (value !== undefined) box.value = value === true ? "1" : value || "";
      }
    }

    card(values = {}) {
      const li = this.copy("rich-card", values);
      for (const one of values.buttons ?? []) li.querySelector("[data-buttons]").append(this.button(one));
      if (values.media) this.show(li, values.media);
      return li;
    }

    button(values) {
      return this.copy(`rich-${values.kind}`, values);
    }

    copy(id, values) {
      const li = document.getElementById(id).content.cloneNode(true).firstElementChild;
      for (const box of fields(li)) {
        const value = values[box.dataset.f];
        if (box.type === "checkbox") box.checked = value === true;
        else if (value !== undefined && value !== null) choose(box, String(value));
      }
      for (const box of li.querySelectorAll("[data-marked]")) lay(box);
      return li;
    }

    // Puts a picture into a card: `{url, content_type, size}`, and how it is to be shown.
    show(li, { url, content_type, size, height, description, src, ...more }) {
      this.media.set(li, { ...more, url, content_type, size });
      const area = li.querySelector("[data-media]");
      const image = area.querySelector("img");
      const tile = [...this.querySelectorAll("[data-picture]")].find((one) => one.dataset.picture === url);
      const digest = url.startsWith("media:") ? url.slice(6) : "";
      image.src = src ?? tile?.dataset.src ?? (/^[0-9a-f]{64}$/.test(digest) ? `${this.dataset.upload}/${digest}` : "");
      image.hidden = false;
      if (height) area.querySelector("[data-m=height]").value = height;
      if (description) area.querySelector("[data-m=description]").value = description;
      area.querySelector(".xf-rich-media-fields").hidden = false;
      area.classList.add("is-filled");
    }

    hide(li) {
      this.media.delete(li);
      const area = li.querySelector("[data-media]");
      area.querySelector("img").hidden = true;
      area.querySelector(".xf-rich-media-fields").hidden = true;
      area.classList.remove("is-filled");
    }

    whole() {
      const layout = {};
      for (const box of this.querySelectorAll("[data-l]")) layout[box.dataset.l] = box.value;
      layout.image_left = layout.image_left === "1";
      return {
        cards: [...this.cards.children].map((li) => ({
          ...values(li),
          media: this.mediaOf(li),
          buttons: [...li.querySelector("[data-buttons]").children].map(buttonOf),
        })),
        chips: [...this.chips.children].map(buttonOf),
        ...layout,
      };
    }

    mediaOf(li) {
      const media = this.media.get(li);
      if (!media) return null;
      const told = {};
      for (const box of li.querySelectorAll("[data-m]")) told[box.dataset.m] = box.value;
      return { ...media, ...told };
    }

    // --- what a person does --------------------------------------------------------------------------------------

    clicked(event) {
      const button = event.target.closest("button");
      if (!button) return;
      const { add, beginWith, at, go, insert, replace } = button.dataset;
      if (button.dataset.do) this.do(button);
      else if (add) this.add(button, add);
      else if (beginWith) this.begin(beginWith);
      else if (at) this.ask(Number(at));
      else if (go) this.go(go);
      else if (insert) this.insert(insert);
      else if (replace) this.replace(button.dataset);
    }

    begin(face) {
      this.build(parsed(face));
      this.changed();
      fields(this.cards.firstElementChild)[0].focus();
    }

    add(button, kind) {
      const list = button.closest("[data-adds]").previousElementSibling;
      const li = this.button({ kind });
      list.append(li);
      this.changed();
      fields(li).find((box) => box.type !== "hidden").focus();
    }

    do(button) {
      const li = button.closest("li");
      switch (button.dataset.do) {
        case "add-card": {
          const card = this.card();
          this.cards.append(card);
          this.changed();
          fields(card)[0].focus();
          return;
        }
        case "up":
          li.previousElementSibling?.before(li);
          break;
        case "down":
          li.nextElementSibling?.after(li);
          break;
        case "remove": {
          const next = li.nextElementSibling ?? li.previousElementSibling;
          const list = li.parentElement;
          li.remove();
          this.changed();
          (next ?? list.parentElement.querySelector(".xf-add button:not([disabled])"))?.focus();
          return;
        }
        case "pick":
          this.gallery.open(li);
          return;
        case "unpick":
          this.hide(li);
          li.querySelector("[data-do=pick]").focus();
          break;
        case "close-gallery":
          this.gallery.close();
          return;
      }
      this.changed();
      if (!button.disabled) button.focus();
      else li.focus();
    }

    // Writes a variable where the cursor is, in a field that may hold one.
    insert(words) {
      const box = this.into?.isConnected ? this.into : this.querySelector("[data-liquid]");
      if (!box) return;
      box.focus();
      box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
      this.typed(box);
    }

    replace({ replace: where, start, end, matched, instead }) {
      const box = this.place(where);
      if (box?.value?.slice(start, end) !== matched) return;
      box.focus();
      box.setRangeText(instead, Number(start), Number(end), "end");
      this.typed(box);
    }

    typed(box) {
      if (!box.closest("[data-cards], [data-chips], [data-whole]")) return;
      if (box.matches("[data-single]") && box.value.includes("\n")) box.value = box.value.replace(/\s*\n\s*/g, " ");
      box.closest(".xf-marked")?.querySelector(".xf-marks").replaceChildren();
      box.closest(".xf-field")?.querySelector(".xf-rich-fault")?.remove();
      box.removeAttribute("aria-invalid");
      this.changed();
    }

    changed() {
      this.dirty = true;
      this.settle();
      this.fresh = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.at), WAIT_MS);
    }

    save(event) {
      this.tried = true;
      this.store.value = JSON.stringify(this.whole());
      const fault = this.fresh && this.querySelector("[data-fault]");
      if (fault) {
        event.preventDefault();
        this.tell();
        this.go(fault.dataset.fault);
        return;
      }
      this.dirty = false;
    }

    // --- what the page shows ---------------------------------------------------------------------------------------

    settle() {
      const cards = [...this.cards.children];
      const begun = cards.length + this.chips.children.length > 0;
      this.querySelector("[data-begin]").hidden = begun;
      this.querySelector("[data-whole]").hidden = !begun;
      cards.forEach((li, at) => {
        const called = li.querySelector("[data-called]");
        called.textContent = `${called.dataset.called} ${at + 1}`;
      });
      for (const li of this.querySelectorAll("[data-cards] li, [data-chips] > li")) {
        const moves = li.querySelector(".xf-moves");
        moves.querySelector("[data-do=up]").disabled = !li.previousElementSibling;
        moves.querySelector("[data-do=down]").disabled = !li.nextElementSibling;
      }
      for (const adds of this.querySelectorAll("[data-adds]")) {
        const list = adds.previousElementSibling;
        const most = list === this.chips ? this.dataset.mostChips : this.dataset.mostButtons;
        adds.hidden = list.children.length >= most;
      }
      this.querySelector("[data-do=add-card]").disabled = cards.length >= this.dataset.mostCards;
      this.querySelector("[data-cards-left]").textContent = `${cards.length} / ${this.dataset.mostCards}`;
      const beside = this.querySelector("[data-l=orientation]").value === "HORIZONTAL";
      const when = { carousel: cards.length > 1, single: cards.length === 1, beside: cards.length === 1 && beside };
      for (const one of this.querySelectorAll("[data-when]")) one.hidden = !when[one.dataset.when];
      for (const output of this.querySelectorAll("[data-count]")) {
        const length = [...output.closest(".xf-field").querySelector("[data-f]").value].length;
        output.textContent = `${length} / ${output.dataset.count}`;
        output.classList.toggle("xf-text-bad", length > output.dataset.count);
      }
    }

    async ask(at) {
      this.at = at;
      const card = document.activeElement?.closest?.("[data-cards] > li");
      const shown = card && [...this.cards.children].indexOf(card);
      if (!(await this.asker.post(this.dataset.preview, { rich: JSON.stringify(this.whole()), at }))) return;
      this.fresh = true;
      this.tell();
      const phone = this.querySelector("#rich-preview .is-carousel");
      const seen = phone?.children[shown];
      if (seen) phone.scrollLeft = seen.offsetLeft - phone.firstElementChild.offsetLeft;
    }

    // The field (or the part) that a place names.
    place(where) {
      const [group, index, ...rest] = where.split(".");
      let li = (group === "chips" ? this.chips : this.cards).children[index];
      let [name, ...more] = rest;
      if (name === "buttons" && li) {
        li = li.querySelector("[data-buttons]").children[more[0]] ?? li;
        name = more[1];
      }
      if (!li || !name) return li ?? null;
      if (name === "media") return li.querySelector(more[0] === "description" ? "[data-m=description]" : "[data-media]");
      return fields(li).find((box) => box.dataset.f === name && box.type !== "hidden") ?? li;
    }

    go(where) {
      const target = this.place(where);
      target?.scrollIntoView({ block: "center" });
      (target?.matches("[data-media]") ? target.querySelector("button") : target)?.focus();
    }

    // Puts faults and marks at their fields; a field that nobody has left yet is not scolded.
    tell() {
      for (const old of this.querySelectorAll(".xf-rich-fault")) old.remove();
      for (const box of this.querySelectorAll("[aria-invalid]")) {
        box.removeAttribute("aria-invalid");
        box.removeAttribute("aria-describedby");
      }
      [...this.querySelectorAll("[data-fault]")].forEach(({ dataset, textContent }, at) => {
        const target = this.place(dataset.fault);
        const box = target?.matches("input, textarea, select");
        if (!target || (box && !this.tried && !this.touched.has(target))) return;
        const words = document.createElement("span");
        words.className = "xf-rich-fault";
        words.id = `rich-fault-${at}`;
        words.textContent = textContent;
        (target.closest(".xf-field") ?? target).append(words);
        if (!box) return;
        target.setAttribute("aria-invalid", "true");
        target.setAttribute("aria-describedby", words.id);
      });
      for (const marks of this.querySelectorAll("#rich-told [data-marks]")) {
        const box = this.place(marks.dataset.marks);
        const under = box?.closest(".xf-marked")?.querySelector(".xf-marks");
        if (under && marks.textContent === box.value) under.replaceChildren(...marks.cloneNode(true).childNodes);
      }
    }
  },
);

function parsed(text) {
  try {
    const face = JSON.parse(text);
    return face && typeof face === "object" ? face : null;
  } catch {
    return null;
  }
}

// The fields of a part itself, not of the parts in it.
function fields(li) {
  return [...li.querySelectorAll("[data-f]")].filter((box) => box.closest("li") === li);
}

function choose(box, value) {
  if (box.tagName === "SELECT" && ![...box.options].some((one) => one.value === value)) box.add(new Option(value, value));
  box.value = value;
}

function values(li) {
  const told = {};
  for (const box of fields(li)) {
    if (box.type === "checkbox") told[box.dataset.f] = box.checked;
    else if (box.hasAttribute("data-number")) told[box.dataset.f] = box.value.trim() ? Number(box.value) : null;
    else told[box.dataset.f] = box.value;
  }
  return told;
}

function buttonOf(li) {
  return { kind: li.dataset.kind, ...values(li) };
}

// Puts room for marks under a text: the same words in the same place, of which only the marks are seen.
function lay(box) {
  const frame = document.createElement("span");
  const marks = document.createElement("span");
  frame.className = "xf-marked xf-rich-marked";
  marks.className = "xf-marks";
  marks.setAttribute("aria-hidden", "true");
  box.before(frame);
  frame.append(marks, box);
  const follow = () => {
    const { font, padding, letterSpacing } = getComputedStyle(box);
    Object.assign(marks.style, { font, padding, letterSpacing });
    marks.scrollTop = box.scrollTop;
  };
  box.addEventListener("scroll", follow);
  new MutationObserver(follow).observe(marks, { childList: true });
}
