// A file field with room to drop a file on; shows what was chosen and how large it is.
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

customElements.define(
  "xf-drop",
  class extends HTMLElement {
    connectedCallback() {
      const input = this.querySelector("input[type=file]");
      const name = this.querySelector("[data-name]");
      const empty = name.textContent;
      const show = () => {
        const file = input.files[0];
        name.textContent = file ? `${file.name} · ${size(file.size)}` : empty;
        this.classList.toggle("is-filled", Boolean(file));
      };
      input.addEventListener("change", show);
      for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
        this.addEventListener(kind, (event) => {
          event.preventDefault();
          this.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
        });
      }
      this.addEventListener("drop", (event) => {
        if (!event.dataTransfer.files.length) return;
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
      show();
    }
  },
);
