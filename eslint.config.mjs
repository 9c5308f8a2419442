// Lint rules. The import rules hold the layering of the repository: who may know whom.
import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** Modules of a folder, as another folder writes them in an import. */
const folder = (name) => [`**/${name}`, `**/${name}/**`];
const forbid = (message, ...group) => ({ group, message });

const lab = forbid("Only lab/ and tests/ import lab/.", ...folder("lab"));
const builtOnTop = forbid(
  "components/ is the product; this is built on it, not under it.",
  ...folder("doctor"),
  ...folder("cli"),
);
const resources = forbid(
  "hostfiles/, dns/, kops/ and config.ts are pure: no Pulumi resources, no AWS.",
  ...["@pulumi/aws", "@pulumi/command", "@pulumi/random"].flatMap((name) => [name, `${name}/**`]),
  "@aws-sdk/**",
  ...folder("components"),
);
const network = forbid(
  "hostfiles/, dns/, kops/ and config.ts are pure: no network, no processes.",
  ...["net", "http", "https", "http2", "tls", "dns", "dgram", "child_process"].flatMap((name) => [
    name,
    `node:${name}`,
  ]),
  "ssh2",
);
const pulumi = forbid("hostfiles/, dns/ and kops/ render text without Pulumi.", "@pulumi/pulumi", "@pulumi/pulumi/**");

/** The import rules of some files; a later set replaces an earlier one, so each is whole. */
const imports = (files, ...patterns) => ({ files, rules: { "no-restricted-imports": ["error", { patterns }] } });

export default tseslint.config(
  { ignores: ["**/node_modules/**", "coverage/**", "dist/**", "examples/**"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strict],
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-extraneous-class": "off",
    },
  },
  imports(["*.ts", "automation/**/*.ts", "cutover/**/*.ts", "doctor/**/*.ts", "cli/**/*.ts"], lab),
  imports(["components/**/*.ts"], lab, builtOnTop),
  imports(["config.ts", "settings.ts"], lab, builtOnTop, resources, network),
  imports(["outputs.ts"], lab, builtOnTop, resources, pulumi),
  imports(["hostfiles/**/*.ts", "dns/**/*.ts", "kops/**/*.ts"], lab, builtOnTop, resources, network, pulumi),
  {
    files: ["scripts/**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
