// Fields left empty stay out of the address, so that a list's address says only what was asked.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches(".xf-table-tools")) return;
  const asked = event.detail.formData;
  for (const [name, value] of [...asked.entries()]) if (value === "") asked.delete(name);
});
