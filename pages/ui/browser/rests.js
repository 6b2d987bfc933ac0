// When a hand rests: what it has changed is then told.

/** Milliseconds; longer than a held pixel waits (Brush). */
export const RESTS = 700;

/** Milliseconds after which the address holds it: less than a hand takes to reload the page, or to leave. */
export const PAUSES = 50;
