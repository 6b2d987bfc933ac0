// Stands on every page and shows nothing: it notes how the focus reaches an element (keys.js), for the
// players and for the style sheet.

import { watchReach } from "./keys.js";

export default function focus() {
  watchReach(document);
}
