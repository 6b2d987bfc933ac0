// One sample of a shipped model, for a picture that plays it: drawn by the engine of this browser.

import { Newest, pageEngine } from "./engine.js";

/** @typedef {import("./engine.js").Offer} SampleOffer */
/** @typedef {import("../../../assets/engine/drawing.js").Trace} SampleTrace */

export class OneSample {
  id = ""; // of the one that was asked for last

  /**
   * @param {(trace: SampleTrace, milliseconds: number) => void} arrived called with the one that was asked
   *   for last, and what the engine took
   * @param {(error: unknown) => void} fail called with what `arrived` throws
   * @param {() => Pick<import("./engine.js").PageEngine, "sample">} engine
   */
  constructor(arrived, fail, engine = pageEngine) {
    this.newest = new Newest(
      (/** @type {{ offer: SampleOffer, seed: number, id: string }} */ { offer, seed }) =>
        engine().sample(offer, { seed }),
      (trace, { id }, milliseconds) => {
        if (id === this.id) arrived(trace, milliseconds);
      },
      fail,
    );
  }

  /**
   * Have a sample drawn, unless it is the one that was asked for last.
   *
   * @param {SampleOffer | null} offer null where the server draws: then it is forgotten
   * @param {number} seed
   */
  want(offer, seed) {
    const id = offer ? JSON.stringify([offer.card, seed]) : "";
    if (id !== this.id && offer) this.newest.want({ offer, seed, id });
    this.id = id;
  }
}
