// The GPU of this browser, where it has one. A small module: what trains there is loaded when it is needed.

/** @typedef {{ adapter: GPUAdapter, name: string, why: "" } | { adapter: null, name: "", why: string }} Found */

const PATIENCE = 8000; // milliseconds
const FALSE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b|software|\bcpu\b/i;

/**
 * What the browser calls a GPU.
 *
 * @param {Pick<GPUAdapterInfo, "vendor" | "architecture" | "device" | "description">} info
 */
export function nameOf({ vendor, architecture, device, description }) {
  const words = [...new Set([vendor, architecture || device])].filter(Boolean).join(" ");
  return (description || words || "unnamed").slice(0, 60);
}

/**
 * Whether a "GPU" is a program on the processor, which takes 20 to 50 times as long as WebAssembly.
 *
 * @param {{ info: object, isFallbackAdapter?: boolean }} adapter older browsers say it of the adapter
 */
export function isFalse({ info, isFallbackAdapter }) {
  const said = /** @type {Partial<GPUAdapterInfo>} */ (info);
  const words = [said.vendor, said.architecture, said.device, said.description].join(" ");
  return Boolean(said.isFallbackAdapter || isFallbackAdapter) || FALSE.test(words);
}

/**
 * @param {{ falseToo?: boolean, gpu?: Pick<GPU, "requestAdapter">, patience?: number }} [options] falseToo:
 *   for tests, one that is false is taken, too.
 * @returns {Promise<Found>} why: why there is none, for the reader
 */
export async function findAdapter({
  falseToo = false,
  gpu = globalThis.navigator?.gpu,
  patience = PATIENCE,
} = {}) {
  const none = (/** @type {string} */ why) => ({
    adapter: null,
    name: /** @type {""} */ (""),
    why,
  });
  if (!gpu) return none("this browser has no WebGPU.");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not answer")), patience);
  });
  try {
    const asked = gpu.requestAdapter({ powerPreference: "high-performance" });
    const adapter = /** @type {GPUAdapter | null} */ (await Promise.race([asked, late]));
    if (!adapter) return none("this browser finds no GPU that it can use.");
    const { info = /** @type {GPUAdapterInfo} */ ({}) } = adapter; // older browsers have none
    const name = nameOf(info);
    const old = /** @type {{ isFallbackAdapter?: boolean }} */ (adapter);
    if (isFalse({ info, isFallbackAdapter: old.isFallbackAdapter }) && !falseToo) {
      return none(`what this browser calls its GPU (${name}) is a program on the processor.`);
    }
    return { adapter, name, why: "" };
  } catch (error) {
    return none(`this browser gives no GPU: ${/** @type {Error} */ (error).message}.`);
  } finally {
    clearTimeout(timer);
  }
}
