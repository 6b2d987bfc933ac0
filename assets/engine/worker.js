// The entry of a Web Worker: new Worker(".../engine/worker.js", { type: "module" }). Ask it through
// client.js.

import { serve } from "./protocol.js";

serve(/** @type {any} */ (globalThis));
