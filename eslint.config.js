import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: [".venv*/", "**/.venv*/", "runs/"] },
  js.configs.recommended,
  {
    files: ["assets/**/*.js", "pages/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name=/^to(Fixed|Precision|Exponential)$/]",
          message: "Use numbers.js: it is right at 0, near 1, far from it, and at ∞.",
        },
      ],
    },
  },
  { files: ["pages/ui/browser/numbers.js"], rules: { "no-restricted-syntax": "off" } },
  { files: ["tests/js/**/*.js", "*.config.js"], languageOptions: { globals: globals.node } },
];
