// What is said of values that no chance decides. No DOM.

/**
 * Why the values drawn cost nothing at temperature 0; "" at every other temperature, and where a value was set
 * by hand against the network.
 *
 * @param {number} temperature
 * @param {number} nats log p of the values drawn
 */
export const whyNothing = (temperature, nats) =>
  temperature === 0 && nats === 0 ? ": at temperature 0 each value drawn has probability 1" : "";
