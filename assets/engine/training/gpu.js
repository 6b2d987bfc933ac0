// A GPU in use: its memory and its programs.

import { EngineError } from "../errors.js";
import { SHADERS } from "./gpu_shaders.js";

/** @typedef {keyof typeof SHADERS} Program */

/** What memory is for: `GPUBufferUsage` of WebGPU. */
export const USE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 };
const READ = 1; // `GPUMapMode`

/** The GPU is there no more, or does not do what it should. The message is for the reader. */
export class GPUEnds extends EngineError {}

export class Device {
  /** @param {GPUDevice} device @param {Record<Program, GPUComputePipeline>} programs */
  constructor(device, programs) {
    this.device = device;
    this.programs = programs;
    this.problem = "";
    /** Ends with an error as soon as the GPU is lost. */
    this.lost = device.lost.then(({ message, reason }) => {
      throw new GPUEnds(`the GPU is lost: ${message || reason}`);
    });
    this.lost.catch(() => {}); // who waits for it hears it
    device.onuncapturederror = ({ error }) => (this.problem ||= error.message);
  }

  /** @param {GPUAdapter} adapter @returns {Promise<Device>} */
  static async open(adapter) {
    const device = await adapter.requestDevice();
    const made = await Promise.all(
      Object.entries(SHADERS).map(async ([name, code]) => {
        const module = device.createShaderModule({ code, label: name });
        const pipeline = await device.createComputePipelineAsync({
          label: name,
          layout: "auto",
          compute: { module, entryPoint: "main" },
        });
        return [name, pipeline];
      }),
    );
    return new Device(device, Object.fromEntries(made));
  }

  /**
   * Memory of the GPU, all 0 at first.
   *
   * @param {number} length numbers of four bytes
   * @param {GPUBufferUsageFlags} [usage]
   */
  memory(length, usage = USE.storage) {
    const copied = USE.copySource | USE.copyTarget;
    return this.device.createBuffer({ size: 4 * Math.max(4, length), usage: usage | copied });
  }

  /** Memory with these numbers. @param {Int32Array | Uint32Array | Float32Array} values @param {GPUBufferUsageFlags} [usage] */
  placed(values, usage) {
    const memory = this.memory(values.length, usage);
    this.write(memory, values);
    return memory;
  }

  /** @param {GPUBuffer} memory @param {ArrayBufferView} values whole numbers of four bytes */
  write(memory, values) {
    const { buffer, byteOffset, byteLength } = values;
    this.device.queue.writeBuffer(memory, 0, buffer, byteOffset, byteLength);
  }

  /**
   * A program with what it works on, in the order of its bindings.
   *
   * @param {Program} name
   * @param {GPUBuffer[]} memories
   */
  bound(name, memories) {
    const pipeline = this.programs[name];
    const group = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: memories.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { pipeline, group };
  }

  /**
   * What lies in some memories now, after all that was asked before.
   *
   * @param {[GPUBuffer, number][]} asked with how many numbers of each
   * @returns {Promise<Float32Array<ArrayBuffer>[]>}
   * @throws {GPUEnds}
   */
  async read(asked) {
    const size = 4 * asked.reduce((sum, [, length]) => sum + length, 0);
    const usage = USE.mapRead | USE.copyTarget;
    const staging = this.device.createBuffer({ size, usage });
    const encoder = this.device.createCommandEncoder();
    let at = 0;
    for (const [memory, length] of asked) {
      encoder.copyBufferToBuffer(memory, 0, staging, at, 4 * length);
      at += 4 * length;
    }
    this.device.queue.submit([encoder.finish()]);
    const mapped = staging.mapAsync(READ);
    mapped.catch(() => {}); // `lost` says it in better words
    await Promise.race([mapped, this.lost]).catch(async (error) => {
      if (error instanceof GPUEnds) throw error;
      const soon = new Promise((resolve) => setTimeout(resolve, 1000));
      await Promise.race([this.lost, soon]);
      throw new GPUEnds(`the GPU fails: ${this.problem || error.message}`);
    });
    if (this.problem) throw new GPUEnds(`the GPU fails: ${this.problem}`);
    const all = staging.getMappedRange();
    at = 0;
    const found = asked.map(([, length]) => {
      const numbers = new Float32Array(all.slice(at, at + 4 * length));
      at += 4 * length;
      return numbers;
    });
    staging.destroy();
    return found;
  }

  close() {
    this.device.destroy();
  }
}
