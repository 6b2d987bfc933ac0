import assert from "node:assert/strict";
import { test } from "node:test";

// The linter is a tool of package.json: "make lint" installs it, "make test" does without it.
const eslint = await import("eslint").catch(() => null);

test(
  "the linter lets no file but numbers.js write digits by itself",
  { skip: eslint ? false : "eslint is not installed" },
  async () => {
    if (!eslint) return;
    const { default: config } = await import("../../eslint.config.js");
    const write =
      "export const text = (2.5).toFixed(1) + (1).toPrecision(2) + (1).toExponential();\n";
    const linter = new eslint.Linter({ cwd: process.cwd() });
    for (const [file, expected] of /** @type {[string, number][]} */ ([
      ["pages/nade/any.js", 3],
      ["assets/engine/any.js", 3],
      ["pages/ui/browser/numbers.js", 0],
    ])) {
      const found = linter.verify(write, /** @type {any} */ (config), file);
      assert.equal(
        found.filter(({ ruleId }) => ruleId === "no-restricted-syntax").length,
        expected,
      );
    }
  },
);
