import assert from "node:assert/strict";
import { test } from "node:test";

import {
  disagreements,
  illegalWeights,
  isWrongWeight,
  moved,
  neighbour,
  reachOf,
} from "../../pages/made/made_net.js";
import {
  buildStory,
  isCut,
  isNumbered,
  remaining,
  testOf,
  weightState,
} from "../../pages/made/made_build.js";
import { unitNumbers, unitTerms, unitValues } from "../../pages/made/made_unit.js";
import { MadeSlots } from "../../pages/made/made_slots.js";
import { productWords, products, sumOfFirst, sumWords } from "../../pages/made/made_product.js";
import { passWords } from "../../pages/made/made_training.js";
import { barLength } from "../../pages/made/made_bars.js";
import { drawnWords } from "../../pages/made/made_drawing.js";
import {
  gradientWords,
  listed,
  nodeWords,
  pathWords,
  variable,
  weightWords,
} from "../../pages/made/made_words.js";
import { cellAt, cellOf, matrixLayout } from "../../pages/made/made_matrices.js";
import {
  heightOver,
  madeFrame,
  nearestInput,
  nodeAt,
  nodePlace,
  waysOver,
} from "../../pages/made/made_graph.js";

/**
 * Three variables in the order x₂, x₃, x₁, one hidden layer of degrees 1, 2, 2.
 *
 * @param {boolean} relaxed with ≥ in the output mask
 * @param {boolean} direct with direct connections
 */
function net(relaxed = false, direct = false) {
  const rank = [3, 1, 2];
  const degrees = [1, 2, 2];
  /** @param {number} up @param {number} low */
  const reads = (up, low) => Number(relaxed ? up >= low : up > low);
  const first = degrees.flatMap((degree) => rank.map((low) => Number(degree >= low)));
  const output = rank.flatMap((up) => degrees.map((low) => reads(up, low)));
  const across = direct ? rank.flatMap((up) => rank.map((low) => reads(up, low))) : [];
  const counts = rank.flatMap((_, i) =>
    rank.map(
      (__, j) =>
        degrees.reduce((sum, ___, k) => sum + output[i * 3 + k] * first[k * 3 + j], 0) +
        (across[i * 3 + j] ?? 0),
    ),
  );
  const illegal = counts.map((count, at) =>
    Number(count > 0 && rank[at % 3] >= rank[Math.floor(at / 3)]),
  );
  return {
    sizes: [3, 3, 3],
    labels: [rank, degrees, rank],
    order: [1, 2, 0],
    masks: [Uint8Array.from(first), Uint8Array.from(output)],
    direct: Uint8Array.from(across),
    counts: Int32Array.from(counts),
    illegal: Uint8Array.from(illegal),
    gradient: Float32Array.from(counts, (count) => count / 10),
    relaxed,
  };
}
const DIRECTIONS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

test("an output reads back to the inputs drawn before it", () => {
  assert.deepEqual([...reachOf(net(), [2, 0]).reads[0]], [0, 1, 1]);
  assert.deepEqual([...reachOf(net(), [2, 1]).reads[0]], [0, 0, 0]);
  assert.deepEqual([...reachOf(net(), [0, 1]).feeds[2]], [1, 0, 1]);
});

test("direct connections lead past the hidden units", () => {
  const alone = { ...net(true, true), masks: [new Uint8Array(9), new Uint8Array(9)] };
  assert.deepEqual([...reachOf(alone, [2, 2]).reads[0]], [0, 1, 1]);
  assert.deepEqual([...reachOf(alone, [0, 0]).feeds[2]], [1, 0, 0]);
});

test("without a mistake no weight is wrong and no path illegal", () => {
  const right = net(false, true);
  for (const layer of [0, 1, 2])
    for (const unit of [0, 1, 2]) {
      const found = illegalWeights(right, reachOf(right, [layer, unit]));
      assert.ok(found.every((mask) => !mask.some(Boolean)));
    }
  assert.ok(!isWrongWeight(right, 2, 2, 0));
  assert.equal(disagreements(right), 0);
});

test("with ≥ the illegal path of an output runs from its own input to it", () => {
  const relaxed = net(true);
  // x₃ has rank 2: its own path passes the two units of degree 2, and not that of degree 1.
  const [first, output] = illegalWeights(relaxed, reachOf(relaxed, [2, 2]));
  assert.deepEqual([...first], [0, 0, 0, 0, 0, 1, 0, 0, 1]);
  assert.deepEqual([...output], [0, 0, 0, 0, 0, 0, 0, 1, 1]);
  // The same path, found from the input's side.
  assert.deepEqual(illegalWeights(relaxed, reachOf(relaxed, [0, 2])), [first, output]);
});

test("with ≥ the wrong weights are those between equal numbers", () => {
  const relaxed = net(true);
  const wrong = [0, 1, 2].flatMap((up) =>
    [0, 1, 2].filter((low) => isWrongWeight(relaxed, 2, up, low)).map((low) => [up, low]),
  );
  assert.deepEqual(wrong, [
    [1, 0],
    [2, 1],
    [2, 2],
  ]);
});

/** @param {ReturnType<typeof net>} of @param {import("../../pages/made/made_build.js").Mark} mark @param {string[]} hidden */
function scene(of, mark = "end", hidden = []) {
  const { steps, marks } = buildStory(of);
  return { net: of, step: steps[marks[mark]], hidden: new Set(hidden) };
}

test("a cell of an illegal path is marked in counts and gradient, and only once all is cut", () => {
  const relaxed = net(true);
  const { matrices } = matrixLayout(relaxed, 900);
  for (const matrix of matrices.slice(-2)) {
    assert.ok(cellOf(scene(relaxed), matrix, 1, 1).illegal);
    assert.ok(!cellOf(scene(relaxed), matrix, 0, 1).illegal); // legal
    assert.ok(!cellOf(scene(relaxed), matrix, 0, 0).illegal); // rank 3: no path to itself
    assert.ok(!cellOf(scene(relaxed, "hidden"), matrix, 1, 1).illegal); // not yet built
  }
  assert.ok(cellOf(scene(relaxed), matrices[1], 1, 0).illegal);
  assert.ok(!cellOf(scene(relaxed), matrices[1], 2, 0).illegal);
});

test("what would answer a question is in no cell while it is asked", () => {
  const relaxed = net(true);
  const { matrices } = matrixLayout(relaxed, 900);
  for (const matrix of matrices)
    for (const row of [0, 1, 2])
      for (const column of [0, 1, 2]) {
        assert.ok(!cellOf(scene(relaxed, "end", ["illegal"]), matrix, row, column).illegal);
        if (matrix.kind !== "mask")
          assert.equal(cellOf(scene(relaxed, "end", ["reach"]), matrix, row, column).strength, 0);
      }
});

test("a gradient no larger than rounding lights no cell", () => {
  const { matrices } = matrixLayout(net(), 900);
  const matrix = matrices.at(-1);
  assert.equal(matrix?.kind, "gradient");
  const gradient = new Float32Array(9).fill(1e-6);
  assert.ok(matrix && cellOf(scene({ ...net(), gradient }), matrix, 1, 1).strength === 0);
});

test("every matrix stands inside the picture and its cells are found", () => {
  for (const width of [300, 390, 800, 1400]) {
    const { matrices, height } = matrixLayout(net(), width);
    for (const matrix of matrices) {
      const [row, column] = [matrix.rows - 1, matrix.columns - 1];
      const x = matrix.x + (column + 0.5) * matrix.cell;
      const y = matrix.y + (row + 0.5) * matrix.cell;
      assert.ok(x + matrix.cell / 2 <= width && y + matrix.cell / 2 <= height);
      assert.deepEqual(cellAt(matrices, x, y), { matrix, row, column });
    }
    assert.equal(cellAt(matrices, -1, -1), null);
  }
});

test("a node is found where it is drawn", () => {
  const frame = madeFrame(800, 330, null);
  const sizes = [3, 32, 3];
  for (const [layer, size] of sizes.entries())
    for (let unit = 0; unit < size; unit++) {
      const { x, y } = nodePlace(frame, sizes, [layer, unit]);
      assert.deepEqual(nodeAt(frame, sizes, x, y), [layer, unit]);
    }
  assert.equal(nodeAt(frame, sizes, 250, 5), null);
});

test("an input that is dragged takes the place it is nearest to", () => {
  const sizes = [3, 2, 3];
  const { y } = nodePlace(madeFrame(800, 330, null), sizes, [0, 2]);
  assert.equal(nearestInput(madeFrame(800, 330, { index: 0, y }), sizes, y), 2);
  assert.deepEqual(moved([0, 1, 2, 3], 0, 2), [1, 2, 0, 3]);
  assert.deepEqual(moved([0, 1, 2, 3], 3, 1), [0, 3, 1, 2]);
});

test("arrow keys stay inside the graph", () => {
  assert.deepEqual(neighbour([3, 8, 3], [1, 7], "ArrowRight"), [2, 2]);
  assert.deepEqual(neighbour([3, 8, 3], [2, 2], "ArrowDown"), [2, 2]);
  assert.deepEqual(neighbour([3, 8, 3], [0, 0], "ArrowLeft"), [0, 0]);
  assert.equal(neighbour([3, 8, 3], [0, 0], "Enter"), null);
  /** @type {import("../../pages/made/made_net.js").MadeNode} */
  let node = [1, 0];
  for (let turn = 0; turn < 40; turn++) {
    node = neighbour([3, 8, 3], node, DIRECTIONS[(turn * 7) % 4]) ?? [-1, -1];
    assert.ok(node[1] >= 0 && node[1] < [3, 8, 3][node[0]]);
  }
});

test("the building numbers every unit, tests every weight once, and follows every output", () => {
  const { steps, marks } = buildStory(net());
  assert.deepEqual(marks, { start: 0, ranks: 3, degrees: 6, hidden: 15, cut: 24, end: 28 });
  assert.equal(steps.length, 29);
  assert.ok(steps.every(({ text }, at) => text || at === steps.length - 1));
  assert.deepEqual(
    steps.slice(7, 25).map(({ now }) => now.length),
    Array(18).fill(1),
  );
  assert.ok(!isCut(net(), steps[23]) && isCut(net(), steps[24]));
  assert.match(steps[25].text, /No path leads back from p\(x₂/);
  assert.match(buildStory(net(true)).steps[25].text, /lead to x₂. It reads what it must not/);
});

test("inputs are numbered in the order in which they are drawn", () => {
  const { steps } = buildStory(net());
  const shown = (/** @type {number} */ step) =>
    [0, 1, 2].filter((unit) => isNumbered(net(), steps[step], [0, unit]));
  assert.deepEqual([0, 1, 2, 3].map(shown), [[], [1], [1, 2], [0, 1, 2]]);
  assert.ok(isNumbered(net(), steps[4], [1, 0]) && !isNumbered(net(), steps[4], [1, 1]));
});

test("a test says its two numbers and what becomes of the weight", () => {
  const right = net(false, true);
  assert.equal(testOf(right, 1, 0, 1).words, "1 ≤ 1: keep");
  assert.equal(testOf(right, 1, 0, 0).words, "3 > 1: cut");
  assert.equal(testOf(right, 2, 0, 1).words, "2 < 3: keep");
  assert.equal(testOf(right, 2, 2, 1).words, "2 ≥ 2: cut");
  assert.equal(testOf(right, 3, 0, 2).words, "2 < 3: keep"); // a direct one
  assert.equal(testOf(net(true), 2, 2, 1).words, "2 ≤ 2: keep");
});

test("every test agrees with the mask, and what is cut is gone", () => {
  const right = net(false, true);
  const { steps } = buildStory(right);
  for (const step of steps)
    for (const { layer, up, low, kept } of step.now) {
      assert.equal(weightState(right, step, layer, up * 3 + low), kept ? "kept" : "cut");
      const mask = [...right.masks, right.direct][layer - 1];
      assert.equal(kept, Boolean(mask[up * 3 + low]));
    }
  assert.deepEqual(remaining(right, steps[0]), [9, 9, 9]);
  const ones = [...right.masks, right.direct].map((mask) => mask.reduce((a, b) => a + b, 0));
  assert.deepEqual(remaining(right, steps[steps.length - 1]), ones);
});

test("large layers are tested unit by unit", () => {
  const D = 12;
  const rank = Array.from({ length: D }, (_, at) => at + 1);
  const large = {
    ...net(),
    sizes: [D, D, D],
    labels: [rank, rank, rank],
    order: rank.map((each) => each - 1),
    masks: [new Uint8Array(D * D), new Uint8Array(D * D)],
    counts: new Int32Array(D * D),
    illegal: new Uint8Array(D * D),
  };
  const { steps, marks } = buildStory(large);
  assert.equal(steps.length, 1 + 1 + 1 + 2 * D + D + 1);
  assert.equal(steps[marks.hidden].now.length, D);
});

const WEIGHTS = {
  W: [
    Float32Array.from([1, 2, 3, 1, 2, 3, -1, -2, -3]),
    Float32Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3]),
  ],
  b: [Float32Array.from([0.5, -0.5, 1]), Float32Array.from([0.25, -1, 0])],
  A: new Float32Array(0),
};

test("a unit's numbers leave out what is cut", () => {
  const values = unitValues(net(), WEIGHTS, [1, 1, 1]);
  assert.deepEqual(values[1], [2.5, 4.5, 0]); // x₂; x₂ and x₃; ReLU(1 − 2 − 3)
  assert.deepEqual(values[2], [0.25 + 2.5 + 4.5, -1, 7.5]);
  const terms = unitTerms(net(), WEIGHTS, values, [1, 0]);
  assert.deepEqual(
    terms.map((term) => term.kept),
    [false, true, false],
  );
});

test("an input that a unit cannot read changes none of its numbers", () => {
  for (const x1 of [0, 1])
    assert.deepEqual(
      unitValues(net(), WEIGHTS, [x1, 1, 0])[1],
      unitValues(net(), WEIGHTS, [0, 1, 0])[1],
    );
});

test("a unit's numbers are written out, cut ones struck", () => {
  const values = unitValues(net(), WEIGHTS, [1, 1, 1]);
  const words = unitNumbers(net(), WEIGHTS, values, [1, 0]);
  assert.match(words, /ReLU\(2.50\) = <b>2.50<\/b>/);
  assert.equal(words.match(/<s /g)?.length, 2);
  assert.match(unitNumbers(net(), WEIGHTS, values, [2, 1]), /σ\(−1.00\) = <b>0.269<\/b>/);
  assert.equal(unitNumbers(net(), WEIGHTS, values, [0, 1]), "x₂ = 1.");
});

test("inputs slide to their ranks, and are there at once where nothing may move", () => {
  const slots = new MadeSlots();
  slots.go([3, 1, 2], true, 1000);
  assert.deepEqual(slots.at(1000), [0, 1, 2]);
  assert.ok(slots.moving(1200) && !slots.moving(1500));
  assert.deepEqual(slots.at(1500), [2, 0, 1]);
  slots.go([3, 1, 2], false, -Infinity);
  assert.deepEqual(slots.at(1600), [0, 1, 2]);
});

const SERIES = { name: "right", colour: "seen", striped: false, order: [1, 0] };

test("a state's probability is the product of its conditionals, in the order they are drawn", () => {
  const factors = Float32Array.from([0.5, 0.5, 0.5, 0.5, 0.25, 0.5, 0.75, 0.5]);
  const values = products(factors, 2);
  assert.deepEqual(values, [0.25, 0.25, 0.125, 0.375]);
  assert.equal(sumOfFirst(values, 4), 1);
  const words = productWords(SERIES, factors, 2, 2);
  assert.equal(words, "right: p(x₂) · p(x₁ | x₂) = 0.500 · 0.250 = 0.125");
  const broken = { ...SERIES, name: "broken", own: [1, 0] };
  const told = productWords(broken, factors, 2, 2);
  assert.equal(told, "broken: p(x₂ | x₂) · p(x₁ | x₂, x₁) = 0.500 · 0.250 = 0.125");
  assert.equal(sumWords([SERIES], [values], 2), "Sum of the first 2 states: right 0.50.");
  assert.equal(sumWords([SERIES], [values], 4), "Sum over all 4 states: right 1.00.");
});

test("the number of passes is not told while it is asked", () => {
  assert.match(JSON.stringify(passWords(false, 64)), /1 pass.*64 passes/);
  assert.doesNotMatch(JSON.stringify(passWords(true, 64)), /[0-9]/);
});

test("bars are as long as their values say", () => {
  const bar = { name: "", colour: "seen", words: "", value: 2 };
  assert.equal(barLength(1, [bar]) * 2, barLength(2, [bar]));
  assert.equal(barLength(-1, [bar]), 0);
});

test("a drawn pixel is told with its pass, its p and its u", () => {
  const drawn = {
    order: Int32Array.from([2, 0]),
    values: Uint8Array.from([1, 0]),
    p: Float32Array.from([0.75, 0.25]),
    u: Float32Array.from([0.5, 0.125]),
    nade: new Uint8Array(0),
  };
  assert.match(drawnWords(drawn, 0, 2, -1), /Nothing is drawn.*p = 0.750/);
  assert.match(
    drawnWords(drawn, 1, 2, -1),
    /Pass 1: pixel \(1, 0\) has p = 0.750. u = 0.500, u ≥ 1 − p, so it becomes 1/,
  );
  assert.match(drawnWords(drawn, 2, 2, -1), /u < 1 − p, so it becomes 0. 2 passes .* = −1.00 nats/);
});

test("what an output must not read is said in words", () => {
  assert.match(nodeWords(net(), reachOf(net(), [2, 0])), /reads x₂ and x₃ and nothing else/);
  assert.doesNotMatch(nodeWords(net(), reachOf(net(), [2, 0])), /must not/);
  const relaxed = net(true);
  assert.match(nodeWords(relaxed, reachOf(relaxed, [2, 2])), /must not read x₃/);
  assert.match(nodeWords(relaxed, reachOf(relaxed, [0, 2])), /its own output, which is wrong/);
  assert.match(pathWords(relaxed, 2, 2), /2 paths lead.*There must be none/);
  assert.match(weightWords(relaxed, 2, 1, 0), /kept. The right mask cuts it/);
  assert.match(gradientWords(relaxed, 2, 2), /reacts to x₃: .* up to 0.20. It must not/);
});

test("a gradient of 0 is not called exact, and is told from a path that is off", () => {
  const off = { ...net(), gradient: new Float32Array(9) };
  assert.match(gradientWords(off, 1, 0), /p.* cannot react to .*: no path leads there/);
  assert.match(
    gradientWords(off, 0, 1),
    /Paths lead .* at the inputs tried no reaction was measured/,
  );
  const tiny = { ...net(), gradient: new Float32Array(9).fill(1e-9) };
  assert.match(gradientWords(tiny, 1, 0), /p.* cannot react to .*: no path leads there/);
});

test("variables and lists read as words", () => {
  assert.equal(variable(11), "x₁₂");
  assert.equal(listed(["a"]), "a");
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.equal(listed([]), "");
});

test("a direct connection passes above the hidden units, and below the names of the layers", () => {
  const sizes = [4, 4, 4, 4];
  for (const height of [190, 300, 350, 420]) {
    const frame = madeFrame(800, height, null, [], true);
    const hidden = [1, 2].map((layer) => nodePlace(frame, sizes, [layer, 0]));
    for (const unit of [0, 1, 2, 3]) {
      const [from, to] = [0, 3].map((layer) => nodePlace(frame, sizes, [layer, unit]));
      const over = heightOver(from.y, to.y, waysOver(frame, sizes));
      for (let t = 0; t <= 1; t += 0.005) {
        const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3];
        const x = a * from.x + b * (from.x + 60) + c * (to.x - 60) + d * to.x;
        const y = a * from.y + (b + c) * over + d * to.y;
        assert.ok(y >= 17.9, `below the names of the layers: ${y}`);
        for (const each of hidden)
          if (Math.abs(x - each.x) < 4)
            assert.ok(y < each.y - each.radius, `${height} ${unit}: ${y}`);
      }
    }
  }
});
