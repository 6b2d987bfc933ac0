// Whose a key is: the player's, or that of the element that has the focus.
//
// A click leaves the focus on what was clicked. Space and the arrow keys would then press or move that,
// although the student has gone back to the picture. So what the pointer has reached gives them to the
// player, and what Tab has reached keeps them; only a slider keeps its arrows, for a hand that has just
// set it goes on with them. The browser's own :focus-visible cannot tell the two
// apart: any key that is pressed makes it true.

/** @typedef {"pointer" | "keyboard"} Reach */

const TYPED_IN = new Set(["INPUT", "TEXTAREA"]);
const NOT_TYPED_IN = new Set([
  "button",
  "checkbox",
  "color",
  "file",
  "radio",
  "range",
  "reset",
  "submit",
]);
const OPEN = "[role=menu], [role=listbox], [role=dialog]"; // they lie over the page until they are closed
const OPENED = "[role=combobox][aria-expanded=true], [aria-haspopup][aria-expanded=true]";
const MOVED_BY_KEYS =
  "input, select, [role=slider], [role=tablist], [role=listbox], [role=radiogroup], [role=combobox]";
const SLIDER = "[type=range], [role=slider]";
const PRESSED_BY_SPACE = "button, a, summary, [role=button], [role=tab], [role=switch]";

/**
 * Notes how the focus moves, for all that ask `reach`. Once a page, from the start.
 *
 * @param {Document} page
 */
export function watchReach(page) {
  const { dataset } = page.documentElement;
  if (dataset.reach) return;
  dataset.reach = "keyboard"; // also where a script sets the focus, for a screen reader say
  page.addEventListener("pointerdown", () => (dataset.reach = "pointer"), true);
  page.addEventListener(
    "keydown",
    ({ key }) => key === "Tab" && (dataset.reach = "keyboard"),
    true,
  );
}

/** How what has the focus was reached. @param {Document} page @returns {Reach} */
export function reach(page) {
  return page.documentElement.dataset.reach === "pointer" ? "pointer" : "keyboard";
}

/** Whether text is typed into an element. @param {Element} element */
function isTypedIn(element) {
  if (/** @type {HTMLElement} */ (element).isContentEditable) return true;
  const kind = element.getAttribute("type") ?? "text";
  return TYPED_IN.has(element.tagName) && !NOT_TYPED_IN.has(kind);
}

/**
 * Whether an element that has the focus needs a key itself.
 *
 * @param {string} key as the event names it
 * @param {Element} element
 * @param {Reach} reached
 */
export function needsKey(key, element, reached) {
  if (element.closest(OPEN) || element.matches(OPENED)) return true;
  const chosenFrom = element.getAttribute("role") === "combobox"; // typed in to find a choice
  if (isTypedIn(element) && !(chosenFrom && reached === "pointer"))
    return !(key === " " && element.getAttribute("type") === "number" && reached === "pointer");
  if (reached === "pointer") return key !== " " && element.matches(SLIDER);
  if (element.closest(MOVED_BY_KEYS)) return true;
  return key === " " && element.closest(PRESSED_BY_SPACE) !== null;
}
