// The images of one seed as the engine of this browser draws them, one network after the other, in the
// arrays that Python would send. No DOM.

/** @typedef {import("../ui/browser/engine.js").Offer} SeedOffer */
/** @typedef {import("./same_seed_values.js").SameSeed} SameSeed */
/** @typedef {Pick<import("../ui/browser/engine.js").PageEngine, "sample">} SeedDrawer */

/**
 * @typedef {object} SeedWish Images that are wanted of the engine.
 * @property {SeedOffer[]} models one of each network
 * @property {import("../ui/browser/hand.js").Sample} sample
 * @property {boolean} byHand whether a hand has changed it
 */

/**
 * The images with one of them drawn anew.
 *
 * @param {SameSeed | undefined} drawn what is there; undefined for nothing yet
 * @param {number} networks
 * @param {number} network
 * @param {Pick<import("../../assets/engine/drawing.js").Trace, "values" | "probs" | "uniforms">} trace of two levels
 * @returns {SameSeed}
 */
export function withNetwork(drawn, networks, network, { values, probs, uniforms }) {
  const D = uniforms.length;
  const found = {
    values: drawn?.values.slice() ?? new Uint8Array(networks * D),
    p: drawn?.p.slice() ?? new Float32Array(networks * D),
    u: uniforms,
  };
  found.values.set(values, network * D);
  for (let pixel = 0; pixel < D; pixel++) found.p[network * D + pixel] = probs[2 * pixel + 1];
  return found;
}

/**
 * Asks the engine for one image of each network.
 *
 * @param {SeedDrawer} engine
 * @param {SeedWish} wish
 * @param {(drawn: (before: SameSeed | undefined) => SameSeed) => void} onOne called after each network
 *   with what puts its image among those that are there
 * @returns {Promise<SameSeed>}
 */
export async function askEvery(engine, { models, sample }, onOne) {
  const { seed, temperature } = sample;
  /** @type {SameSeed | undefined} */
  let all;
  for (const [network, offer] of models.entries()) {
    const trace = await engine.sample(offer, { seed, temperature });
    all = withNetwork(all, models.length, network, trace);
    onOne((before) => withNetwork(before, models.length, network, trace));
  }
  if (!all) throw new Error("no network draws");
  return all;
}
