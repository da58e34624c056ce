// <xf-week>: a week of half hours to draw send windows on. Its input holds seven groups of 48 digits, Monday first.
// With data-readonly it is only to be looked at. Pointer: click or drag. On a touch screen a tap; the page still scrolls. Keyboard: arrows, Space, Shift + arrows.
(() => {
  const HALVES = 48, SHOW_FROM = 14, SHOW_TO = 44, HARD = [16, 42];
  const clock = (half) => `${String(Math.floor(half / 2)).padStart(2, "0")}:${half % 2 ? "30" : "00"}`;
  const halfOf = (text) => { const [h, m] = text.split(":").map(Number); return h * 2 + m / 30; };

  class Week extends HTMLElement {
    connectedCallback() {
      this.input = this.querySelector("input");
      const words = document.querySelector(".xf-week-words");
      if (!this.input || !words) return;
      this.words = words.dataset;
      this.days = words.dataset.days.split(" ");
      this.bounds = [Math.ceil(halfOf(this.dataset.earliest || "08:00")), Math.floor(halfOf(this.dataset.latest || "21:00"))];
      this.on = new Set();
      this.build();
      this.read(this.input.value);
      if (this.hasAttribute("data-readonly")) this.lock();
      const mode = document.querySelector("input[name=mode]");
      if (mode && this.hasAttribute("data-mode")) mode.value = "grid";
      const fields = this.dataset.instead && document.querySelector(this.dataset.instead);
      if (fields) fields.hidden = true;
      this.hidden = false;
      const select = this.getAttribute("select") && this.closest("form").elements[this.getAttribute("select")];
      if (select) {
        const follow = (keep) => {
          const cells = select.value && this.getAttribute(`data-of-${select.value}`);
          this.table.parentElement.hidden = this.hint.hidden = !cells;
          if (!cells) this.input.value = "";
          else if (!keep || !this.input.value) this.read(cells);
        };
        select.addEventListener("change", () => follow(false));
        follow(true);
      }
    }

    lock() {
      this.locked = true;
      this.hint.remove();
      this.table.setAttribute("aria-readonly", "true");
      this.table.querySelectorAll("th button").forEach((button) => { button.disabled = true; });
    }

    build() {
      const box = document.createElement("div");
      box.className = "xf-week-box";
      this.table = document.createElement("table");
      this.table.className = "xf-week";
      this.table.setAttribute("role", "grid");
      this.table.setAttribute("aria-label", this.words.label);
      this.table.setAttribute("aria-multiselectable", "true");
      const head = this.table.createTHead().insertRow();
      head.append(document.createElement("th"));
      this.days.forEach((name, day) => head.append(this.header(name, `${this.words.week}${name}`, (half) => this.cells.get(`${day}:${half}`), "col")));
      const body = this.table.createTBody();
      this.cells = new Map();
      for (let half = SHOW_FROM; half < SHOW_TO; half += 1) {
        const row = body.insertRow();
        const label = half % 2 ? "" : clock(half);
        const th = this.header(label, clock(half), null, "row", half);
        row.append(th);
        for (let day = 0; day < 7; day += 1) row.append(this.cell(day, half));
      }
      box.append(this.table);
      this.hint = document.createElement("p");
      this.hint.className = "form-hint";
      this.hint.textContent = this.words.hint;
      (this.querySelector(".card-body") || this).append(box, this.hint);
      this.focusOn(this.cells.get(`0:${this.bounds[0]}`), false);
      this.table.addEventListener("pointerdown", (event) => this.press(event));
      this.table.addEventListener("keydown", (event) => this.key(event));
      document.addEventListener("pointerup", () => { this.drawing = null; });
    }

    header(text, label, _column, scope, half) {
      const th = document.createElement("th");
      th.scope = scope;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.tabIndex = -1;
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => {
        const cells = [...this.cells.values()].filter((td) => (scope === "col" ? this.days[td.dataset.day] === text : Number(td.dataset.half) === half));
        const open = cells.filter((td) => !td.hasAttribute("aria-disabled"));
        const fill = open.some((td) => td.getAttribute("aria-selected") !== "true");
        open.forEach((td) => this.set(td, fill));
        this.write();
      });
      th.append(button);
      return th;
    }

    cell(day, half) {
      const td = document.createElement("td");
      td.setAttribute("role", "gridcell");
      td.tabIndex = -1;
      td.dataset.day = day;
      td.dataset.half = half;
      const hard = half < HARD[0] || half >= HARD[1];
      const house = half < this.bounds[0] || half >= this.bounds[1];
      if (hard || house) {
        td.setAttribute("aria-disabled", "true");
        td.className = hard ? "is-hard" : "is-house";
        td.title = hard ? this.words.hard : this.words.house;
      }
      this.cells.set(`${day}:${half}`, td);
      this.name(td, false);
      td.addEventListener("pointerenter", () => { if (this.drawing) this.sweep(td); });
      return td;
    }

    name(td, on) {
      const half = Number(td.dataset.half);
      td.setAttribute("aria-selected", String(on));
      td.setAttribute("aria-label", `${this.words.week}${this.days[td.dataset.day]} ${clock(half)}–${clock(half + 1)} ${td.title || (on ? this.words.on : this.words.off)}`);
    }

    set(td, on) {
      if (!td || td.hasAttribute("aria-disabled")) return;
      const key = `${td.dataset.day}:${td.dataset.half}`;
      if (on) this.on.add(key); else this.on.delete(key);
      this.name(td, on);
    }

    press(event) {
      const td = event.target.closest("td[role=gridcell]");
      if (!td || event.button || this.locked) return;
      const on = td.getAttribute("aria-selected") !== "true";
      const before = new Set(this.on);
      this.set(td, on);
      this.write();
      this.focusOn(td, true);
      if (event.pointerType === "mouse" || event.pointerType === "pen") {
        this.drawing = { on, from: td, before };
        event.preventDefault();
      }
    }

    /* The block from where the drawing began to `to`. Not only the cells entered: a fast hand enters few of them. */
    sweep(to) {
      const { on, from, before } = this.drawing;
      const within = (name, td) => {
        const [a, b, c] = [from, to, td].map((one) => Number(one.dataset[name]));
        return c >= Math.min(a, b) && c <= Math.max(a, b);
      };
      this.cells.forEach((td, key) => this.set(td, within("day", td) && within("half", td) ? on : before.has(key)));
      this.write();
    }

    key(event) {
      const td = event.target.closest("td[role=gridcell]");
      if (!td) return;
      const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        if (this.locked) return;
        this.set(td, td.getAttribute("aria-selected") !== "true");
        this.write();
        return;
      }
      if (!(event.key in moves)) return;
      event.preventDefault();
      const [days, halves] = moves[event.key];
      const next = this.cells.get(`${Number(td.dataset.day) + days}:${Number(td.dataset.half) + halves}`);
      if (!next) return;
      if (event.shiftKey && !this.locked) { this.set(next, td.getAttribute("aria-selected") === "true"); this.write(); }
      this.focusOn(next, true);
    }

    focusOn(td, now) {
      if (!td) return;
      if (this.current) this.current.tabIndex = -1;
      this.current = td;
      td.tabIndex = 0;
      if (now) td.focus({ preventScroll: !now });
    }

    read(text) {
      this.on.clear();
      const rows = (text || "").split(".");
      for (const td of this.cells.values()) {
        const on = (rows[td.dataset.day] || "")[td.dataset.half] === "1" && !td.hasAttribute("aria-disabled");
        if (on) this.on.add(`${td.dataset.day}:${td.dataset.half}`);
        this.name(td, on);
      }
      this.write();
    }

    write() {
      const rows = [];
      for (let day = 0; day < 7; day += 1) {
        let row = "";
        for (let half = 0; half < HALVES; half += 1) row += this.on.has(`${day}:${half}`) ? "1" : "0";
        rows.push(row);
      }
      this.input.value = rows.join(".");
    }
  }
  customElements.define("xf-week", Week);
})();
