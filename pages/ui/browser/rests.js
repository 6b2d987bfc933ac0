// When a hand rests: what it has changed is then told.

/** Milliseconds; longer than a held pixel waits (Brush). */
export const RESTS = 700;
