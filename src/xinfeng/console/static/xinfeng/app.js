// Everything the console needs in the browser. Each element works on its own; pages work without them too.
import "./chart.js";
import "./confirm.js";
import "./copy.js";
import "./drop.js";
import "./early.js";
import "./keys.js";
import "./menu.js";
import "./strength.js";
import "./table.js";
import "./toast.js";

document.documentElement.classList.add("has-js");
