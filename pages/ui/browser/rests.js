// When a hand rests: what it has changed is then told.

/** Milliseconds; longer than a held pixel waits (Brush). */
export const RESTS = 700;

/** Milliseconds after which the address holds it: longer than a quick hand takes to the next stroke. */
export const PAUSES = 200;
