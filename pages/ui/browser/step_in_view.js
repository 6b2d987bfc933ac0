// After Next, Back or a link to another step, the new step's title is in view: on a phone the page may
// be scrolled so far that the picture, which stays, covers it.

const TITLE = ".st-key-stage_panel h3";
const PICTURE = ".st-key-stage_picture";
const COLUMN = "[data-testid=stColumn]"; // of the picture: it stays where the rest is scrolled
const HEADER = 60; // pixels at the top of the page over which the app's own line stands
const AIR = 8; // pixels above the title
const PATIENCE = 1500; // milliseconds in which every frame is looked at; later, what changes in size
const HAND = ["wheel", "touchstart", "pointerdown", "keydown"];

/** @typedef {{ top: number, bottom: number, left: number, right: number }} Box */

/**
 * By how many pixels the page has to be moved down so that the title is seen; 0 where it is.
 *
 * @param {Box} title
 * @param {Box | undefined} picture
 */
export function covered(title, picture) {
  const above = picture && picture.left < title.right && title.left < picture.right;
  const edge = above && picture.top < title.bottom ? Math.max(picture.bottom, HEADER) : HEADER;
  return Math.max(0, edge + AIR - title.top);
}

/** @type {() => void} */
let stop = () => {};

/**
 * Bring the title of the open step into view, until its reader scrolls or presses something. The parts of
 * a step arrive each at its own time: while the server computes a picture for seconds, what the step before
 * has left is still on the page, and goes away when the words are long there.
 */
export function bringStepIntoView() {
  stop();
  const main = document.querySelector("[data-testid=stMain]");
  const ends = performance.now() + PATIENCE;
  let frame = 0;
  const column = () => document.querySelector(PICTURE)?.closest(COLUMN);
  const look = () => {
    const title = document.querySelector(TITLE)?.getBoundingClientRect();
    const hidden = title ? covered(title, column()?.getBoundingClientRect()) : 0;
    if (main && hidden > 0) main.scrollTop -= hidden;
  };
  const sizes = new ResizeObserver(look);
  // What grows as a step arrives.
  for (const part of [document.querySelector("[data-testid=stMainBlockContainer]"), column()])
    if (part) sizes.observe(part);
  stop = () => {
    sizes.disconnect();
    cancelAnimationFrame(frame);
    for (const kind of HAND) window.removeEventListener(kind, stop, true);
  };
  for (const kind of HAND) window.addEventListener(kind, stop, true);
  const lookOn = () => {
    look();
    if (performance.now() < ends) frame = requestAnimationFrame(lookOn);
  };
  lookOn();
}
