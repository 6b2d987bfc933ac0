// What the components of one page share through its window.

interface Window {
  /** The player that answers the keys. */
  arvizPlayer?: Element;
  /** Weights and tables, sent once for all components of the page. */
  arvizWeights?: { byName: Map<string, any>; changed: EventTarget };
  /** The engine that draws from the trained models. */
  arvizEngine?: import("./engine.js").PageEngine;
  /** Who has edits that Python has not answered yet. */
  arvizEdits?: Set<import("./edits.js").Edits>;
  /** The trainings that run in this browser, by the kind of their page. */
  arvizTrainings?: Map<string, import("./trainings.js").BrowserTrainings>;
}
