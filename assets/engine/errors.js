// Errors whose message a page can show: what was given, what was expected, what to do.

/** The engine cannot compute this model here. The message says why; the server can take over. */
export class EngineError extends Error {
  name = "EngineError";
}

/**
 * A value as it stands in a message, cut after 60 characters.
 *
 * @param {unknown} value
 */
export function shown(value) {
  const text =
    typeof value === "bigint" || value === undefined ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
