// The programs of the GPU, in WGSL.
//
// A layer is a product of matrices: a row for each image (MADE) or pixel (PixelCNN), a column for each unit
// above. Each unit above sums over the units below and, in a convolution, over the taps of its kernel; a tap
// reads the row that lies `shift` rows further on. Three products make a layer learn:
//
//     feed    y = x W + b
//     carry   dx = dy W^T, where x is above 0
//     weigh   dW = x^T dy, and db
//
// A group of 64 threads computes 32 x 32 numbers, each thread 4 x 4, from parts of both matrices that are
// copied to the memory of the group, 16 terms of the sums at a time.
//
// The masks of MADE are staircases: the unit below number k feeds those above from begins[k] on, and begins
// never falls. A group leaves out the terms that are masked for all its numbers. A masked weight is 0.

/** Bits of `flags`. */
export const FLAGS = { reluBelow: 1, reluAbove: 2, other: 4, margins: 8, biased: 16, more: 32 };

const TILE = 32;
const TERMS = 16;

/** What is done for each of four rows: a list that a compiler keeps in registers. @param {(r: number) => string} line */
const four = (line) => [0, 1, 2, 3].map(line).join(" ");

const SHARED = /* wgsl */ `
struct Layer {
  at: u32,      // where the weights begin: one row of "width" for each tap and unit below
  bias: u32,    // where the biases begin
  below: u32,   // units below
  span: u32,    // numbers of a row of units below
  width: u32,   // numbers of a row of units above
  taps: u32,
  rows: u32,    // of an image
  flags: u32,
  to: u32,      // where weigh writes: to one place for each part
  parts: u32,   // into which weigh divides the rows
  margin: u32,  // of zeros, on the left and at the top
  stride: u32,  // rows of a line of pixels
}
struct Step {
  count: u32,   // images
  loss: u32,    // where the first loss is written
  rate: f32,
  root: f32,
  scale: f32,
}
fn has(flags: u32, flag: u32) -> bool { return (flags & flag) != 0u; }
`;

const LAYER = /* wgsl */ `
@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<uniform> told: Step;
@group(0) @binding(2) var<storage, read> table: array<i32>; // see tableOf in gpu_trained.js
fn weights() -> u32 { return layer.taps * layer.below; } // rows of them, without the biases
fn begins(k: u32) -> u32 { return u32(table[k]); }
fn reads(k: u32) -> i32 { return table[weights() + k]; }
fn reads_above(k: u32) -> i32 { return table[2u * weights() + k]; }
fn weight_of(k: u32) -> u32 { return u32(table[2u * weights() + layer.taps * layer.width + k]); }
`;

/**
 * A product of matrices.
 *
 * @param {object} parts in WGSL
 * @param {string} parts.names bindings, and what is needed besides
 * @param {string} parts.left the number of row i and term k
 * @param {string} parts.right the number of term k and column j
 * @param {boolean} parts.termsLeft whether the terms of a row lie side by side in memory, or the rows
 * @param {boolean} parts.termsRight the same for the terms of a column
 * @param {string} parts.range sets first and last, terms; the same for all of a group
 * @param {string} parts.ends when the terms from k0 on are 0
 * @param {string} parts.write what becomes of the sum of row i and column j
 */
const product = ({ names, left, right, termsLeft, termsRight, range, ends, write }) => /* wgsl */ `
${SHARED}${LAYER}${names}
var<workgroup> a: array<f32, ${TILE * TERMS}>; // term by term
var<workgroup> b: array<f32, ${TILE * TERMS}>;

fn left(i: u32, k: u32) -> f32 {${left}}
fn right(k: u32, j: u32) -> f32 {${right}}
fn write(i: u32, j: u32, sum: f32, part: u32) {${write}}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let i0 = group.y * ${TILE}u;
  let j0 = group.x * ${TILE}u;
  let part = group.z;
  var first = 0u;
  var last = 0u;
  ${range}
  ${four((r) => `var sum${r} = vec4f();`)}
  for (var k0 = first; k0 < last; k0 += ${TERMS}u) {
    ${ends}
    for (var at = index; at < ${TILE * TERMS}u; at += 64u) {
      ${termsLeft ? `let i = at / ${TERMS}u; let k = at % ${TERMS}u;` : `let i = at % ${TILE}u; let k = at / ${TILE}u;`}
      ${termsRight ? `let j = at / ${TERMS}u; let l = at % ${TERMS}u;` : `let j = at % ${TILE}u; let l = at / ${TILE}u;`}
      a[k * ${TILE}u + i] = left(i0 + i, k0 + k);
      b[l * ${TILE}u + j] = right(k0 + l, j0 + j);
    }
    workgroupBarrier();
    for (var k = 0u; k < ${TERMS}u; k++) {
      let row = k * ${TILE}u + local.y * 4u;
      let column = k * ${TILE}u + local.x * 4u;
      let w = vec4f(b[column], b[column + 1u], b[column + 2u], b[column + 3u]);
      ${four((r) => `sum${r} += a[row + ${r}u] * w;`)}
    }
    workgroupBarrier();
  }
  let i = i0 + local.y * 4u;
  let j = j0 + local.x * 4u;
  for (var c = 0u; c < 4u; c++) {
    ${four((r) => `write(i + ${r}u, j + c, sum${r}[c], part);`)}
  }
}
`;

const FEED = product({
  names: /* wgsl */ `
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> p: array<f32>;
@group(0) @binding(5) var<storage, read> other: array<f32>; // what is added
@group(0) @binding(6) var<storage, read_write> y: array<f32>;
`,
  left: /* wgsl */ `
  if (k >= weights() || i >= told.count * layer.rows) { return 0.0; }
  let at = i32(i * layer.span) + reads(k);
  if (at < 0) { return 0.0; }
  let value = x[at];
  return select(value, max(value, 0.0), has(layer.flags, ${FLAGS.reluBelow}u));
`,
  right: /* wgsl */ `
  if (k >= weights() || j >= layer.width) { return 0.0; }
  return p[layer.at + k * layer.width + j];
`,
  termsLeft: true,
  termsRight: false,
  range: "last = weights();",
  ends: `if (begins(k0) >= j0 + ${TILE}u) { break; }`,
  write: /* wgsl */ `
  if (i >= told.count * layer.rows || j >= layer.width) { return; }
  let at = i * layer.width + j;
  var value = sum;
  if (has(layer.flags, ${FLAGS.biased}u)) { value += p[layer.bias + j]; }
  if (has(layer.flags, ${FLAGS.other}u)) { value += other[at]; }
  if (has(layer.flags, ${FLAGS.reluAbove}u)) { value = max(value, 0.0); }
  if (has(layer.flags, ${FLAGS.margins}u)) {
    let row = i % layer.rows;
    if (row / layer.stride < layer.margin || row % layer.stride < layer.margin) { value = 0.0; }
  }
  y[at] = value;
`,
});

const CARRY = product({
  names: /* wgsl */ `
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read> p: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;
`,
  left: /* wgsl */ `
  let rows = i32(told.count * layer.rows);
  if (k >= layer.taps * layer.width || i32(i) >= rows) { return 0.0; }
  let at = i32(i * layer.width) + reads_above(k);
  if (at >= rows * i32(layer.width)) { return 0.0; }
  return dy[at];
`,
  right: /* wgsl */ `
  if (k >= layer.taps * layer.width || j >= layer.below) { return 0.0; }
  return p[layer.at + j * layer.width + weight_of(k)];
`,
  termsLeft: true,
  termsRight: true,
  range: /* wgsl */ `
  last = layer.taps * layer.width;
  if (layer.taps == 1u) { first = begins(j0) / ${TERMS}u * ${TERMS}u; }
`,
  ends: "",
  write: /* wgsl */ `
  if (i >= told.count * layer.rows || j >= layer.span) { return; }
  let at = i * layer.span + j;
  var value = select(0.0, sum, x[at] > 0.0);
  if (has(layer.flags, ${FLAGS.more}u)) { value += dx[at]; }
  dx[at] = value;
`,
});

const WEIGH = product({
  names: /* wgsl */ `
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> g: array<f32>;
fn all_rows() -> u32 { return weights() + select(0u, 1u, has(layer.flags, ${FLAGS.biased}u)); }
`,
  left: /* wgsl */ `
  if (i >= all_rows() || k >= told.count * layer.rows) { return 0.0; }
  if (i == weights()) { return 1.0; }
  let at = i32(k * layer.span) + reads(i);
  if (at < 0) { return 0.0; }
  let value = x[at];
  return select(value, max(value, 0.0), has(layer.flags, ${FLAGS.reluBelow}u));
`,
  right: /* wgsl */ `
  if (k >= told.count * layer.rows || j >= layer.width) { return 0.0; }
  return dy[k * layer.width + j];
`,
  termsLeft: false,
  termsRight: false,
  range: /* wgsl */ `
  let rows = told.count * layer.rows;
  let each = (rows + layer.parts * ${TERMS}u - 1u) / (layer.parts * ${TERMS}u) * ${TERMS}u;
  first = min(part * each, rows);
  last = min(first + each, rows);
  if (i0 + ${TILE}u <= weights() && begins(i0) >= j0 + ${TILE}u) { last = first; }
`,
  ends: "",
  // The terms of another part are 0: its rows end where `last` is, a multiple of TERMS, or where all end.
  write: /* wgsl */ `
  if (i >= all_rows() || j >= layer.width) { return; }
  var value = sum;
  if (i < weights() && j < begins(i)) { value = 0.0; }
  let at = layer.to + (part * all_rows() + i) * layer.width + j;
  if (has(layer.flags, ${FLAGS.more}u)) { value += g[at]; }
  g[at] = value;
`,
});

/** The parts of weigh, added up. */
const GATHER = /* wgsl */ `
struct Parts { to: u32, size: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Parts;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.size) { return; }
  var sum = g[sizes.to + id.x];
  for (var part = 0u; part < sizes.parts; part++) { sum += parts[part * sizes.size + id.x]; }
  g[sizes.to + id.x] = sum;
}
`;

const IMAGES = /* wgsl */ `
@group(0) @binding(1) var<uniform> told: Step;
@group(0) @binding(2) var<storage, read> table: array<i32>;
@group(0) @binding(3) var<storage, read> images: array<u32>; // one byte a pixel
fn level(at: u32) -> u32 { return (images[at / 4u] >> (at % 4u * 8u)) & 255u; }
`;

/** Images, to what the first layer reads: table[j] is the pixel that number j reads, -1 for none. */
const UNFOLD = /* wgsl */ `
${SHARED}${IMAGES}
struct Inputs { block: u32, pixels: u32, columns: u32, unit: f32 }
@group(0) @binding(0) var<uniform> inputs: Inputs;
@group(0) @binding(4) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= inputs.block || id.y >= told.count) { return; }
  var value = 0.0;
  let pixel = table[id.x];
  if (pixel >= 0) {
    let found = level(id.y * inputs.pixels + u32(pixel));
    if (inputs.columns == 1u) { value = f32(found) * inputs.unit; }
    else { value = select(0.0, 1.0, found == id.x % inputs.columns); }
  }
  x[id.y * inputs.block + id.x] = value;
}
`;

/**
 * The loss -log p(x) of each image and its gradient by the logits, as `pixel` in trained.js. The logits of
 * step t lie from table[t] on, and are of the pixel table[D + t].
 */
const OUTPUTS = /* wgsl */ `
${SHARED}${IMAGES}
struct Outputs { block: u32, pixels: u32, columns: u32 }
@group(0) @binding(0) var<uniform> outputs: Outputs;
@group(0) @binding(4) var<storage, read> z: array<f32>;
@group(0) @binding(5) var<storage, read_write> dz: array<f32>;
@group(0) @binding(6) var<storage, read_write> losses: array<f32>;
var<workgroup> sums: array<f32, 64>;

fn two_levels(at: u32, found: u32) -> f32 {
  let logit = z[at];
  let small = exp(-abs(logit));
  let x = f32(found);
  dz[at] = select(small, 1.0, logit > 0.0) / (1.0 + small) - x;
  let more = select(log(1.0 + small), small * (1.0 - small * (0.5 - small / 3.0)), small < 0.01);
  return max(logit, 0.0) + more - x * logit;
}

fn more_levels(at: u32, found: u32) -> f32 {
  var most = z[at];
  for (var k = 1u; k < outputs.columns; k++) { most = max(most, z[at + k]); }
  var sum = 0.0;
  for (var k = 0u; k < outputs.columns; k++) { sum += exp(z[at + k] - most); }
  for (var k = 0u; k < outputs.columns; k++) {
    dz[at + k] = exp(z[at + k] - most) / sum - select(0.0, 1.0, k == found);
  }
  return log(sum) + most - z[at + found];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let n = group.x;
  var sum = 0.0;
  for (var t = index; t < outputs.pixels; t += 64u) {
    let at = n * outputs.block + u32(table[t]);
    let found = level(n * outputs.pixels + u32(table[outputs.pixels + t]));
    if (outputs.columns == 1u) { sum += two_levels(at, found); }
    else { sum += more_levels(at, found); }
  }
  sums[index] = sum;
  for (var span = 32u; span > 0u; span /= 2u) {
    workgroupBarrier();
    if (index < span) { sums[index] += sums[index + span]; }
  }
  if (index == 0u) { losses[told.loss + n] = sums[0]; }
}
`;

/** One step of Adam, as `adam` in loops.wat. The gradients are 0 afterwards. */
const ADAM = /* wgsl */ `
${SHARED}
@group(0) @binding(0) var<uniform> told: Step;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var k = id.x; k < arrayLength(&p); k += groups.x * 64u) {
    let x = told.scale * g[k];
    let first = m[k] + 0.1 * (x - m[k]);
    let second = 0.999 * v[k] + 0.001 * x * x;
    m[k] = first;
    v[k] = second;
    p[k] -= told.rate * first / (sqrt(second) * told.root + 1e-8);
    g[k] = 0.0;
  }
}
`;

export const SHADERS = {
  feed: FEED,
  carry: CARRY,
  weigh: WEIGH,
  gather: GATHER,
  unfold: UNFOLD,
  outputs: OUTPUTS,
  adam: ADAM,
};

/** Numbers of a side of what a group computes, of feed, carry and weigh. */
export const SIDE = TILE;
