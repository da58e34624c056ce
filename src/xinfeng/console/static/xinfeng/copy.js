customElements.define(
  "xf-copy",
  class extends HTMLElement {
    connectedCallback() {
      const button = this.querySelector("button");
      const before = button.title;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(this.getAttribute("value"));
        button.classList.add("is-done");
        button.title = button.dataset.done;
        setTimeout(() => {
          button.classList.remove("is-done");
          button.title = before;
        }, 1600);
      });
    }
  },
);
