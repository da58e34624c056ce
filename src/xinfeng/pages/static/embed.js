// <script src="…/f/<form>/embed.js" async></script>: puts the form where the script stands, as tall as it is.
(() => {
  const script = document.currentScript;
  const address = new URL(script.src);
  const frame = document.createElement("iframe");
  const page = new URL(address.pathname.replace(/\/embed\.js$/, ""), address.origin);
  for (const [name, value] of address.searchParams) page.searchParams.set(name, value);
  page.searchParams.set("embed", "1");
  frame.src = page.href;
  frame.title = script.dataset.title || "";
  frame.loading = "lazy";
  frame.referrerPolicy = "no-referrer";
  frame.allow = "clipboard-write";
  frame.setAttribute("width", "100%");
  frame.setAttribute("height", "560");
  frame.setAttribute("frameborder", "0");
  script.after(frame);
  addEventListener("message", (event) => {
    if (event.origin !== address.origin || event.source !== frame.contentWindow) return;
    const tall = Number(event.data && event.data.xinfengForm);
    if (tall > 0 && tall < 20000) frame.setAttribute("height", String(Math.ceil(tall)));
  });
})();
