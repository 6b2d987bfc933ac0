// One page of the static export: a model draws, and completes a drawing, in this browser.

import { findElement } from "../ui/browser/dom.js";
import { watchReach } from "../ui/browser/keys.js";
import { pageEngine } from "../ui/browser/engine.js";
import { inBrowser } from "../ui/browser/computed_words.js";
import { SiteDraw } from "./site_draw.js";
import { SiteCompletion } from "./site_complete.js";
import { addressOfWish, wishOf } from "./site_values.js";

watchReach(document);
const model = JSON.parse(findElement(document, "#model", HTMLElement).textContent ?? "");
const words = findElement(document, "#computed", HTMLElement);
const engine = pageEngine();

/** An activity's own tree: keys and styles end there. @param {string} id */
function treeOf(id) {
  const root = findElement(document, `#${id}`, HTMLElement).shadowRoot;
  if (!root) throw new Error("this browser has no declarative shadow trees");
  return root;
}

function fail() {
  words.setAttribute("role", "alert");
  words.textContent = `${model.title} does not run in this browser: ${engine.why}`;
}

/** Until the first sample is there, one line says what the page waits for. */
engine.addEventListener("shown", () => {
  words.textContent = inBrowser(engine.shown?.milliseconds ?? 0);
});
engine.addEventListener("failed", fail);

try {
  const pixels = model.rows * model.columns;
  const wish = wishOf(location.hash, { pixels, levels: model.levels });
  const completion = new SiteCompletion(treeOf("complete"), model, engine);
  completion.heat(wish.temperature);
  const draw = new SiteDraw(treeOf("draw"), model, engine, {
    wish,
    changed: (now) => {
      history.replaceState(null, "", addressOfWish(now));
      completion.heat(now.temperature);
    },
  });
  window.addEventListener("hashchange", () => {
    draw.fresh = true;
    draw.change(wishOf(location.hash, { pixels, levels: model.levels }));
  });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => {
    draw.restyle();
    completion.restyle();
  });
} catch (error) {
  engine.why = /** @type {Error} */ (error).message;
  fail();
  throw error;
}
