// Which models are flows: boxes in boxes; each says one sentence when it is pointed at.

import { findElement } from "../ui/browser/dom.js";
import { mount } from "../ui/browser/mount.js";
import { paletteToCss, themeOf } from "../ui/browser/theme.js";

const FIRST = "Point at a box.";
/** @type {Record<string, string>} */
const SAID = {
  normalizing: "Each map has an inverse and a determinant that can be computed: log p(x) is exact.",
  flows: "The mask makes the Jacobian triangular, so its determinant is a product of D numbers.",
  maf: "MAF: the network that gives α and μ of variable i reads x before i.",
  iaf: "IAF: the network that gives α and μ of variable i reads z before i.",
  discrete:
    "A 0/1 pixel has no z that an invertible map could carry to it: these models have a likelihood, but are no flows.",
};
class FamilyView {
  /** @param {import("../ui/browser/mount.js").Host} parent */
  constructor(parent) {
    this.root = findElement(parent, ".family", HTMLElement);
    this.reading = findElement(this.root, ".reading", HTMLElement);
    this.root.addEventListener("pointerover", (event) => this.point(event.target));
    this.root.addEventListener("pointerdown", (event) => this.point(event.target));
    this.root.addEventListener("pointerleave", () => this.point(null));
  }

  /** @param {{ meta: { present: boolean, palette: { light: import("../ui/browser/theme.js").Colours, dark: import("../ui/browser/theme.js").Colours } } }} data */
  update({ meta }) {
    paletteToCss(this.root, themeOf(this.root, meta.palette).colours);
    this.point(null);
  }

  /** @param {EventTarget | null} target */
  point(target) {
    const box =
      target instanceof Element
        ? /** @type {HTMLElement | null} */ (target.closest("[data-family]"))
        : null;
    for (const section of this.root.querySelectorAll("section"))
      section.classList.toggle("lit", section === box);
    const name = box?.dataset.family ?? "";
    this.reading.textContent = SAID[name] ?? FIRST;
  }

  destroy() {}
}

export default mount(FamilyView);
