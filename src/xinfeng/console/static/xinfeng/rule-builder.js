// <xf-rule-builder> edits the rule in its textarea with selects and inputs, and keeps live numbers beside it.
// What it offers, in the reader's language, is the JSON in #rule-catalogue. Without it the JSON can be edited.
import { Asker } from "./ask.js";
import { fromJson, newGroup, nodeAt, toJson } from "./rule-tree.js";
import { begin, el, select, special, subjectOf, subjects } from "./rule-conditions.js";

const WAIT_MS = 450;
const DEEPEST_GROUP = 5;

const iconTemplate = (name) => document.querySelector(`template[data-icon="${name}"]`)?.content.cloneNode(true) ?? "";

customElements.define(
  "xf-rule-builder",
  class extends HTMLElement {
    connectedCallback() {
      this.offer = JSON.parse(this.querySelector("#rule-catalogue").textContent);
      this.words = this.offer.phrases;
      this.source = this.querySelector("textarea");
      this.stage = this.querySelector("[data-builder]");
      this.form = this.closest("form");
      this.fault = { path: this.dataset.faultPath, text: "" };
      this.asker = new Asker();
      this.take();
      this.source.addEventListener("change", () => this.take());
      this.form.elements.purpose?.addEventListener("change", () => this.ask());
    }

    disconnectedCallback() {
      clearTimeout(this.timer);
    }

    // From the textarea, when it holds a rule; what cannot be read is left for the server to explain.
    take() {
      try {
        this.root = fromJson(JSON.parse(this.source.value));
      } catch {
        this.root ??= newGroup();
        return this.ask();
      }
      this.draw();
      this.ask();
    }

    changed({ redraw = false } = {}) {
      this.source.value = JSON.stringify(toJson(this.root), null, 1);
      this.fault = { path: "", text: "" };
      if (redraw) this.draw();
      this.ask();
    }

    ask(wait = WAIT_MS) {
      clearTimeout(this.timer);
      this.timer = setTimeout(async () => {
        document.getElementById("numbers").classList.add("is-busy");
        const values = { rule: this.source.value, purpose: this.form.elements.purpose?.value ?? "marketing" };
        const answered = await this.asker.post(this.dataset.live, values);
        if (!answered) return;
        const panel = document.getElementById("numbers");
        this.fault = { path: panel.dataset.path, text: panel.querySelector("[data-fault]")?.textContent ?? "" };
        this.mark();
      }, wait);
    }

    mark() {
      const wrong = this.fault.path ? nodeAt(this.root, this.fault.path) : null;
      for (const [node, box] of this.boxes) {
        const isWrong = node === wrong;
        box.classList.toggle("is-wrong", isWrong);
        box.querySelector(":scope > .xf-rule-fields > .xf-rule-fault, :scope > .xf-rule-fault")?.remove();
        if (!isWrong || !this.fault.text) continue;
        const place = box.querySelector(":scope > .xf-rule-fields") ?? box;
        place.append(el("p", { className: "xf-rule-fault", role: "status", textContent: this.fault.text }));
      }
    }

    draw() {
      this.boxes = new Map();
      this.stage.replaceChildren(this.drawGroup(this.root, null, 1));
      this.mark();
    }

    focusOn(node) {
      this.boxes.get(node)?.querySelector("select, input")?.focus();
    }

    drawGroup(group, parent, depth) {
      const { words } = this;
      const mode = select([["all", words.all], ["any", words.any]], group.mode, words.match, (value) => {
        group.mode = value;
        this.changed();
      });
      const negate = el("input", { type: "checkbox", className: "form-check-input", checked: group.negated });
      negate.addEventListener("change", () => {
        group.negated = negate.checked;
        this.changed();
      });
      const head = el("div", { className: "xf-rule-head" }, [
        el("span", { textContent: words.match }), mode,
        el("label", { className: "form-check" }, [negate, el("span", { className: "form-check-label", textContent: words.negated })]),
      ]);
      if (parent) head.append(el("span", { className: "xf-push" }), this.removeButton(parent, group, words.removeGroup));
      const items = el("ul", { className: "xf-rule-items" });
      for (const item of group.items) {
        items.append(el("li", {}, [item.group ? this.drawGroup(item, group, depth + 1) : this.drawCondition(item, group)]));
      }
      const add = (text, make) => {
        const button = el("button", { type: "button", className: "btn btn-sm" }, [iconTemplate("plus"), text]);
        button.addEventListener("click", () => {
          const made = make();
          group.items.push(made);
          this.changed({ redraw: true });
          this.focusOn(made);
        });
        return button;
      };
      const foot = el("div", { className: "xf-rule-foot" }, [add(words.addCondition, () => this.begin("attribute:city"))]);
      if (depth < DEEPEST_GROUP) {
        foot.append(add(words.addGroup, () => ({ ...newGroup("any"), items: [this.begin("attribute:city")] })));
      }
      const box = el("div", { className: "xf-rule-group", role: "group", ariaLabel: words.addGroup }, [head, items]);
      if (!parent && !group.items.length) box.append(el("p", { className: "xf-rule-empty", textContent: words.empty }));
      box.append(foot);
      this.boxes.set(group, box);
      return box;
    }

    removeButton(parent, node, label) {
      const button = el("button", { type: "button", className: "xf-x", title: label, ariaLabel: label }, [iconTemplate("x") || "×"]);
      button.addEventListener("click", () => {
        const at = parent.items.indexOf(node);
        parent.items.splice(at, 1);
        this.changed({ redraw: true });
        this.focusOn(parent.items[Math.max(0, at - 1)] ?? parent);
      });
      return button;
    }

    begin(subject) {
      const [, kind, name] = subject.match(/^([^:]+):?(.*)$/);
      if (kind !== "attribute") return begin(kind, name, this.offer);
      const found = this.attribute(name);
      const [op, , takes] = this.offer.operators[found.kind][0];
      return this.fresh({ attribute: name, op }, takes, found);
    }

    attribute(name) {
      return this.offer.attributes.find((one) => one.name === name) ?? { name, label: name, kind: "text", codes: [], choices: [], scale: 1 };
    }

    // A value to begin with, where there is a sensible one.
    fresh(node, takes, attribute) {
      delete node.value;
      if (takes === "code") node.value = attribute?.codes[0]?.[0];
      else if (takes === "days") node.value = 30;
      return node;
    }

    drawCondition(node, parent) {
      const { words } = this;
      const current = subjectOf(node);
      const what = el("select", { className: "form-select", ariaLabel: words.subject });
      for (const [label, entries] of subjects(this.offer, current)) {
        const group = el("optgroup", { label });
        for (const [value, text] of entries) group.append(el("option", { value, textContent: text, selected: value === current }));
        what.append(group);
      }
      what.addEventListener("change", () => {
        for (const key of Object.keys(node)) delete node[key];
        Object.assign(node, this.begin(what.value));
        this.changed({ redraw: true });
        this.focusOn(node);
      });
      const fields = el("div", { className: "xf-rule-fields" }, [what, ...this.inputs(node)]);
      if ("attribute" in node && this.attribute(node.attribute).sensitive) {
        fields.append(el("p", { className: "xf-rule-sensitive", textContent: words.sensitiveHint }));
      }
      const box = el("div", { className: "xf-rule-row" }, [fields, this.removeButton(parent, node, words.remove)]);
      this.boxes.set(node, box);
      return box;
    }

    inputs(node) {
      const { offer, words } = this;
      if ("attribute" in node) {
        const attribute = this.attribute(node.attribute);
        const unit = attribute.scale > 1 ? [el("span", { className: "xf-rule-unit", textContent: words.yuan })] : [];
        return [...this.compared(node, offer.operators[attribute.kind], attribute, attribute.scale), ...unit];
      }
      const own = special(this, node);
      if (own) return own;
      if ("tag" in node) {
        const options = offer.tags.map(([id, name]) => [String(id), name]);
        return [
          this.choice(node, "op", [["has", words.has], ["has_not", words.hasNot]]),
          select(options, String(node.tag), words.tag, (value) => { node.tag = Number(value); this.changed(); }),
        ];
      }
      if ("consent" in node) return [this.choice(node, "op", offer.consentOps)];
      const measure = select(offer.measures, node.measure, words.value, (value) => {
        node.measure = value;
        const recent = value === "last" || value === "first";
        [node.op, node.value] = recent ? ["in_last_days", 30] : ["at_least", value.endsWith("_fen") ? 10000 : 1];
        this.changed({ redraw: true });
        this.focusOn(node);
      });
      const recent = node.measure === "last" || node.measure === "first";
      const scale = node.measure.endsWith("_fen") ? 100 : 1;
      const compared = this.compared(node, recent ? offer.recency : offer.comparisons, null, scale);
      return [measure, ...compared, ...(recent && !node.period ? [] : [this.period(node)]), this.narrowed(node)];
    }

    choice(node, key, options) {
      return select(options, node[key], this.words.operator, (value) => { node[key] = value; this.changed(); });
    }

    compared(node, operators, attribute, scale = 1) {
      const takesOf = (op) => operators.find(([code]) => code === op)?.[2] ?? "nothing";
      const operator = select(operators.map(([code, label]) => [code, label]), node.op, this.words.operator, (value) => {
        const before = takesOf(node.op);
        node.op = value;
        if (takesOf(value) !== before) this.fresh(node, takesOf(value), attribute);
        this.changed({ redraw: true });
        this.focusOn(node);
      });
      return [operator, ...this.value(node, takesOf(node.op), attribute, scale)];
    }

    value(node, takes, attribute, scale) {
      const { words } = this;
      const set = (value) => { node.value = value; this.changed(); };
      const pair = (make) => [0, 1].map((at) => make(node.value?.[at], (value) => {
        const both = Array.isArray(node.value) ? [...node.value] : [null, null];
        both[at] = value;
        set(both);
      }));
      const unit = (text) => el("span", { className: "xf-rule-unit", textContent: text });
      switch (takes) {
        case "text": return this.text(node.value ?? "", set, attribute);
        case "texts": return this.text((node.value ?? []).join(this.comma()), (typed) => set(this.split(typed)), attribute, words.commas);
        case "code": return [select(attribute.codes, node.value, words.value, set)];
        case "codes": return [this.codes(node, attribute)];
        case "number": return [this.number(node.value, set, scale)];
        case "days": return [this.number(node.value, set), unit(words.days)];
        case "date": return [this.date(node.value, set)];
        case "two_numbers": { const [a, b] = pair((value, put) => this.number(value, put, scale)); return [a, unit(words.and), b]; }
        case "two_dates": { const [a, b] = pair((value, put) => this.date(value, put)); return [a, unit(words.and), b]; }
        default: return [];
      }
    }

    comma() { return document.documentElement.lang.startsWith("en") ? ", " : "，"; }
    split(typed) { return typed.split(/[,，、;；\n]/).map((one) => one.trim()).filter(Boolean); }

    text(value, set, attribute, hint = "") {
      const input = el("input", { type: "text", className: "form-control", value, placeholder: hint, ariaLabel: this.words.value, maxLength: hint ? 4000 : 200 });
      input.addEventListener("input", () => set(input.value));
      if (!attribute?.choices.length || hint) return [input];
      const list = el("datalist", { id: `choices-${attribute.name}-${this.boxes.size}` });
      for (const choice of attribute.choices) list.append(el("option", { value: choice }));
      input.setAttribute("list", list.id);
      return [input, list];
    }

    number(value, set, scale = 1) {
      const shown = typeof value === "number" ? value / scale : "";
      const input = el("input", { type: "number", className: "form-control", step: scale === 1 ? "any" : "0.01", value: String(shown), ariaLabel: this.words.value });
      input.addEventListener("input", () => set(input.value === "" ? null : scale === 1 ? Number(input.value) : Math.round(Number(input.value) * scale)));
      return input;
    }

    date(value, set) {
      const input = el("input", { type: "date", className: "form-control", value: value ?? "", ariaLabel: this.words.value });
      input.addEventListener("change", () => set(input.value || null));
      return input;
    }

    codes(node, attribute) {
      const chosen = new Set(Array.isArray(node.value) ? node.value : []);
      const box = el("div", { className: "xf-rule-codes", role: "group", ariaLabel: this.words.value });
      for (const [code, label] of attribute.codes) {
        const input = el("input", { type: "checkbox", className: "form-check-input", checked: chosen.has(code) });
        input.addEventListener("change", () => {
          input.checked ? chosen.add(code) : chosen.delete(code);
          node.value = attribute.codes.map(([one]) => one).filter((one) => chosen.has(one));
          this.changed();
        });
        box.append(el("label", { className: "xf-choice" }, [input, el("span", { textContent: label })]));
      }
      return box;
    }

    period(node) {
      const { words } = this;
      const kind = !node.period ? "any" : "days" in node.period ? "days" : "range";
      const box = el("div", { className: "xf-rule-more" });
      const choose = select([["any", words.anytime], ["days", words.lastDays], ["range", words.range]], kind, words.period, (value) => {
        if (value === "any") delete node.period;
        else node.period = value === "days" ? { days: 30 } : {};
        this.changed({ redraw: true });
      });
      box.append(choose);
      if (kind === "days") {
        box.append(this.number(node.period.days, (value) => { node.period.days = value; this.changed(); }), el("span", { className: "xf-rule-unit", textContent: words.days }));
      } else if (kind === "range") {
        const end = (key) => this.date(node.period[key], (value) => {
          if (value) node.period[key] = value;
          else delete node.period[key];
          this.changed();
        });
        box.append(end("from"), el("span", { className: "xf-rule-unit", textContent: words.and }), end("to"));
      }
      return box;
    }

    // Category and item stay out of the way until somebody wants them.
    narrowed(node) {
      const { words } = this;
      const open = (this.narrowing ??= new WeakSet());
      if (!node.category && !node.item && !open.has(node)) {
        const button = el("button", { type: "button", className: "xf-link", textContent: words.narrow });
        button.addEventListener("click", () => {
          open.add(node);
          this.draw();
          this.boxes.get(node).querySelector(".xf-rule-more:last-of-type input")?.focus();
        });
        return button;
      }
      const box = el("div", { className: "xf-rule-more" });
      for (const key of ["category", "item"]) {
        const input = el("input", { type: "text", className: "form-control", value: node[key] ?? "", placeholder: words[key], ariaLabel: words[key], maxLength: 200 });
        input.addEventListener("input", () => {
          if (input.value.trim()) node[key] = input.value;
          else delete node[key];
          this.changed();
        });
        box.append(input);
      }
      return box;
    }
  },
);
