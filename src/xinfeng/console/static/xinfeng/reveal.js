// <xf-reveal> shows what belongs to the choice that is made: data-show-for names a field, data-values its values.
// Without it everything is shown.
customElements.define(
  "xf-reveal",
  class extends HTMLElement {
    connectedCallback() {
      this.addEventListener("change", () => this.settle());
      this.settle();
    }
    settle() {
      const form = this.closest("form");
      for (const part of this.querySelectorAll("[data-show-for]")) {
        const value = form.elements[part.dataset.showFor]?.value ?? "";
        part.hidden = !part.dataset.values.split(" ").includes(value);
      }
    }
  },
);
