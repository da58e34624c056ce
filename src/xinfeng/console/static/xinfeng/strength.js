// Says in words how strong a new password is while it is typed. The same estimate as foundation/passwords.py.
const KINDS = [[/[a-z]/, 26], [/[A-Z]/, 26], [/\d/, 10], [/[ -/:-@[-`{-~]/, 33], [/[^ -~]/, 2000]];

function strength(password) {
  const signs = [...password];
  if (signs.length < 12) return "short";
  const plain = [...password.replace(/^(.+?)\1+$/su, "$1")];
  const kinds = KINDS.reduce((sum, [pattern, size]) => sum + (pattern.test(plain.join("")) ? size : 0), 0);
  const bits = Math.min(plain.length, 2 * new Set(plain).size) * Math.log2(Math.max(kinds, 1));
  return bits < 60 ? "weak" : bits < 100 ? "fair" : "strong";
}

customElements.define(
  "xf-strength",
  class extends HTMLElement {
    connectedCallback() {
      const field = document.getElementById(this.getAttribute("for"));
      this.setAttribute("role", "status");
      field.addEventListener("input", () => {
        const found = field.value ? strength(field.value) : "";
        this.dataset.strength = found;
        this.textContent = found ? this.getAttribute(found) : "";
      });
    }
  },
);

// Shows what was typed into the password fields of its form, until pressed again or sent.
customElements.define(
  "xf-peek",
  class extends HTMLElement {
    connectedCallback() {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "xf-peek";
      const fields = [...this.closest("form").querySelectorAll("input[type=password]")];
      const set = (shown) => {
        fields.forEach((field) => (field.type = shown ? "text" : "password"));
        button.textContent = this.getAttribute(shown ? "hide" : "show");
        button.setAttribute("aria-pressed", String(shown));
      };
      button.addEventListener("click", () => set(fields[0].type === "password"));
      this.closest("form").addEventListener("submit", () => set(false));
      set(false);
      this.append(button);
    }
  },
);
