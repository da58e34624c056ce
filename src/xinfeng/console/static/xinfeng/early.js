// What somebody chose or pressed before the scripts had come: said again once everything listens, so that what stands beside a
// control (a preview, a list, a count) never belongs to another choice than the one she sees. The same holds for
// what a browser puts back into a form after a reload.
document.addEventListener("htmx:load", () => {
  for (const control of document.querySelectorAll("input, select, textarea")) {
    if (!changed(control)) continue;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
    // htmx took what had been typed for what the field began with, so a search is asked for by its form.
    if (control.type === "search" && control.form?.hasAttribute("hx-get")) control.form.requestSubmit();
  }
  document.dispatchEvent(new Event("xf:ready"));
}, { once: true });

/** Whether a control holds something else than the page was sent with. */
function changed(control) {
  if (control.type === "hidden") return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked && !control.defaultChecked || !control.checked && control.defaultChecked && control.type === "checkbox";
  if (control.type === "file") return control.files.length > 0;
  if (control.tagName !== "SELECT") return control.value !== control.defaultValue;
  const options = [...control.options];
  const meant = options.filter((option) => option.defaultSelected);
  if (!meant.length && !control.multiple) return control.selectedIndex > 0;
  return options.some((option) => option.selected !== option.defaultSelected);
}
