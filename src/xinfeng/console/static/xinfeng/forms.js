// The builder of forms: rows can also be dragged. Dropping one presses the buttons that a keyboard would.
const form = document.getElementById("builder");
for (const list of form?.querySelectorAll(".xf-rows") ?? []) {
  let held = null;
  for (const row of list.children) {
    const head = row.querySelector(".xf-row-head");
    head.draggable = true;
    head.addEventListener("dragstart", (event) => {
      held = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(row, 12, 12);
    });
    row.addEventListener("dragover", (event) => {
      if (!held || held.parentNode !== list || held === row) return;
      event.preventDefault();
      const below = event.clientY > row.getBoundingClientRect().top + row.offsetHeight / 2;
      if (below) row.after(held); else row.before(held);
    });
    row.addEventListener("drop", (event) => event.preventDefault());
    row.addEventListener("dragend", () => {
      held = null;
      renumber(list);
      form.requestSubmit(form.querySelector("button[value=keep]"));
    });
  }
}

// Rows are read by the number in their names, so the names follow the order on the page.
function renumber(list) {
  [...list.children].forEach((row, at) => {
    for (const input of row.querySelectorAll("[name]")) {
      input.name = input.name.replace(/^(fields|boxes|prizes)-\d+-/, `$1-${at}-`);
    }
  });
}
