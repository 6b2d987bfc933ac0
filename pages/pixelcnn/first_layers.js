// What the tables of first layers hold (arviz_models/analysis/receptive_fields.py): for each target and pixel
// the first layer that reads it.

export const NEVER = 255; // no depth reads this pixel
