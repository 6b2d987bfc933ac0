// A presented page is drawn larger, all of it, so that a class can read it from its seats. A picture
// measures itself and the window in the pixels of a laptop's page, as if it were not presented, and
// draws and places what it has in them. Style sheets have it from the page's own type (lesson.py,
// components.py), canvases from `sharpContext`.

const USUAL = 15; // CSS pixels: the page's type, baseFontSize in .streamlit/config.toml

/** How much larger the page is drawn: 1 where it is not presented. */
export function enlarged() {
  const page = getComputedStyle(document.documentElement);
  return page.getPropertyValue("--presented") ? parseFloat(page.fontSize) / USUAL : 1;
}

/** How wide an element is, in pixels of a laptop's page. @param {Element} element */
export const clientWidthOf = (element) => element.clientWidth / enlarged();

/** How high the window is, in pixels of a laptop's page. */
export const windowHeight = () => window.innerHeight / enlarged();

/** A length for a style. @param {number} pixels of a laptop's page */
export const cssLength = (pixels) => `${pixels * enlarged()}px`;
