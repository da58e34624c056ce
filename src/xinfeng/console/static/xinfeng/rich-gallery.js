// The pictures of 5G messages: choose one that is there, or send a new one while a bar shows how far it is.
export class Gallery {
  constructor(designer) {
    this.designer = designer;
    this.dialog = designer.querySelector(".xf-gallery");
    this.tiles = this.dialog.querySelector(".xf-tiles");
    this.bar = this.dialog.querySelector("progress");
    this.words = this.dialog.querySelector("[role=alert]");
    this.input = this.dialog.querySelector("input[type=file]");
    this.input.addEventListener("change", () => this.input.files[0] && this.send(this.input.files[0]));
    this.tiles.addEventListener("click", (event) => {
      const tile = event.target.closest("[data-picture]");
      if (tile) this.pick(tile);
    });
    this.dialog.addEventListener("close", () => this.running?.abort());
  }

  open(card) {
    this.card = card;
    this.say("");
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  pick({ dataset }) {
    const { picture: url, type: content_type, size, src } = dataset;
    this.designer.show(this.card, { url, content_type, size: Number(size), src });
    this.close();
    this.designer.changed();
    this.card.querySelector("[data-do=pick]").focus();
  }

  say(words) {
    this.words.textContent = words;
    this.words.hidden = !words;
  }

  send(file) {
    const { largest, tooLarge, upload, noUpload } = this.designer.dataset;
    this.input.value = "";
    if (file.size > largest) return this.say(tooLarge);
    this.say("");
    const body = new FormData();
    body.set("file", file);
    const request = (this.running = new XMLHttpRequest());
    request.open("POST", upload);
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded, total }) => (this.bar.value = (100 * loaded) / total));
    request.addEventListener("loadend", () => {
      this.bar.hidden = true;
      if (request.status === 200) this.take(request.responseText, noUpload);
      else if (this.dialog.open) this.say(refusal(request.responseText) || noUpload);
    });
    this.bar.value = 0;
    this.bar.hidden = false;
    request.send(body);
  }

  take(html, otherwise) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const tile = box.content.querySelector(".xf-tile [data-picture]");
    if (!tile) return this.say(otherwise);
    const same = [...this.tiles.querySelectorAll("[data-picture]")].find((one) => one.dataset.picture === tile.dataset.picture);
    same?.closest(".xf-tile").remove();
    this.tiles.prepend(tile.closest(".xf-tile"));
    this.pick(tile);
  }
}

function refusal(text) {
  try {
    return JSON.parse(text).words ?? "";
  } catch {
    return "";
  }
}
