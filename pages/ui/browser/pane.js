// On a phone the picture stays in view while its steps pass below it, in a pane of limited height
// (static/theme.css). A picture that is higher than the pane would be cut at its lower edge, where the
// player is: so it is drawn smaller.

const PHONE = 640; // CSS pixels, as in theme.css
const SHARE = 0.68; // of the window, to the lower edge of the pane
const ABOVE = 60 + 12; // the app's own line, and the room around the picture

/**
 * How high a picture may be; infinite where it has no pane.
 *
 * @param {{ innerWidth: number, innerHeight: number }} screen
 */
export const paneHeight = ({ innerWidth, innerHeight }) =>
  innerWidth > PHONE ? Infinity : SHARE * innerHeight - ABOVE;

/** What scrolls around a picture on a phone; null elsewhere. @param {HTMLElement} root */
const paneOf = (root) =>
  /** @type {ShadowRoot} */ (root.getRootNode()).host
    ?.closest(".st-key-stage_picture")
    ?.closest('[data-testid="stColumn"]') ?? null;

/**
 * Draws a picture, and once more, smaller, where its pane would cut it. What stands in the pane beside it
 * counts too, also where that comes later.
 */
export class PaneFit {
  key = ""; // of what the height depends on
  less = 0; // CSS pixels
  again = () => {};
  /** @type {ResizeObserver | null} */
  beside = null;

  /**
   * @param {HTMLElement} root of the picture
   * @param {unknown[]} parts when one of them changes, it may be larger again
   * @param {(less: number) => void} draw with so much less height than it would take
   */
  draw(root, parts, draw) {
    const most = paneHeight(window);
    if (most === Infinity) return draw(0); // asks the page for no layout
    const pane = paneOf(root);
    this.again = () => this.draw(root, parts, draw);
    if (pane) this.watch(root, pane);
    const key = JSON.stringify([root.clientWidth, window.innerHeight, ...parts]);
    if (key !== this.key) this.less = 0;
    this.key = key;
    draw(this.less);
    const over = pane ? pane.scrollHeight - pane.clientHeight : Math.ceil(root.offsetHeight - most);
    if (over <= 0 || this.less > most) return; // it fits, or cannot be drawn any smaller
    this.less += over;
    draw(this.less);
  }

  /** @param {HTMLElement} root @param {Element} pane */
  watch(root, pane) {
    this.beside ??= new ResizeObserver(() => {
      if (!root.isConnected) return this.beside?.disconnect();
      if (pane.scrollHeight > pane.clientHeight) this.again();
    });
    for (const part of pane.children) this.beside.observe(part);
  }
}
