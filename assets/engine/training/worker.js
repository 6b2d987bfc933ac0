// The entry of a Web Worker that trains one model: see protocol.js.

import { serve } from "./protocol.js";

serve(/** @type {any} */ (globalThis));
