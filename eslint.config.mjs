// Lint rules. The import rules hold the layering of the repository: who may know whom.
import eslint from "@eslint/js";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** A zone: the files below `target` may not import what is below `from`. */
const forbid = (target, from, message) => ({ target, from, message });

const layers = [
  ...["lab", "doctor", "cli"].map((from) =>
    forbid("./components", `./${from}`, `components/ is the product; ${from}/ is built on it, not under it.`),
  ),
  ...[
    "./components",
    "./hostfiles",
    "./dns",
    "./automation",
    "./doctor",
    "./cli",
    "./config.ts",
    "./program.ts",
    "./index.ts",
  ].map((target) => forbid(target, "./lab", "Only lab/ and tests/ import lab/.")),
];

export default tseslint.config(
  { ignores: ["node_modules/**", "coverage/**", "examples/**"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strict],
    plugins: { "import-x": importX },
    settings: { "import-x/resolver": { node: { extensions: [".ts", ".js", ".json"] } } },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones: layers }],
      "import-x/no-cycle": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },
  {
    // Pure text and data: no resources, no network, no processes.
    files: ["hostfiles/**/*.ts", "dns/**/*.ts", "config.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@pulumi/aws*", "@pulumi/command*", "@pulumi/random*", "@aws-sdk/*", "**/components/*"],
              message: "hostfiles/, dns/ and config.ts are pure: no Pulumi resources, no AWS.",
            },
            {
              group: [
                "node:net",
                "node:http*",
                "node:tls",
                "node:dns",
                "node:child_process",
                "net",
                "http",
                "https",
                "ssh2",
              ],
              message: "hostfiles/, dns/ and config.ts are pure: no network, no processes.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["hostfiles/**/*.ts", "dns/**/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { paths: [{ name: "@pulumi/pulumi", message: "hostfiles/ and dns/ render text without Pulumi." }] },
      ],
    },
  },
  {
    files: ["scripts/**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
