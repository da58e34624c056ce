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
