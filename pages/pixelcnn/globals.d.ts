// What the components of this lesson share through the window of their page.

interface Window {
  /** What the bars of the softmax show. */
  arvizSoftmax?: {
    now: import("./pixel_softmax_told.js").ToldSoftmax | null;
    changed: EventTarget;
  };
}
