import assert from "node:assert/strict";
import { test } from "node:test";

import { PaneFit, paneHeight } from "../../pages/ui/browser/pane.js";

const PHONE = { innerWidth: 390, innerHeight: 844 };

/** A picture that no pane scrolls. */
const alone = () =>
  /** @type {any} */ ({ clientWidth: 360, offsetHeight: 0, getRootNode: () => ({}) });

/** How high a picture is drawn that would take 700 pixels and can take 300. @param {any} screen */
function drawn(screen) {
  /** @type {any} */ (globalThis).window = screen;
  const root = alone();
  new PaneFit().draw(root, [], (less) => (root.offsetHeight = Math.max(300, 700 - less)));
  return root.offsetHeight;
}

test("a picture that its pane on a phone would cut is drawn smaller", () => {
  assert.ok(paneHeight(PHONE) < 700);
  assert.equal(drawn(PHONE), Math.floor(paneHeight(PHONE)));
});

test("on a wide screen a picture is as high as it is", () => {
  assert.equal(drawn({ innerWidth: 1280, innerHeight: 720 }), 700);
});

test("a part that is shown again gives the picture its height back", () => {
  /** @type {any} */ (globalThis).window = PHONE;
  const root = alone();
  const fit = new PaneFit();
  fit.draw(root, ["wide"], (less) => (root.offsetHeight = 700 - less));
  fit.draw(root, ["low"], (less) => (root.offsetHeight = 400 - less));
  assert.equal(root.offsetHeight, 400);
});

test("what stands beside the picture in its pane counts too, also where it comes later", () => {
  /** @type {any} */ (globalThis).window = PHONE;
  /** @type {() => void} */
  let resized = () => {};
  /** @type {any} */ (globalThis).ResizeObserver = class {
    /** @param {() => void} heard */
    constructor(heard) {
      resized = heard;
    }
    observe() {}
  };
  let beside = 0;
  const pane = {
    children: [{}],
    clientHeight: 500,
    get scrollHeight() {
      return Math.max(500, root.offsetHeight + beside);
    },
  };
  const root = { ...alone(), isConnected: true };
  root.getRootNode = () => ({ host: { closest: () => ({ closest: () => pane }) } });
  new PaneFit().draw(root, [], (less) => (root.offsetHeight = Math.max(300, 450 - less)));
  assert.equal(root.offsetHeight, 450);
  beside = 120; // a chart
  resized();
  assert.equal(root.offsetHeight, 380);
});
