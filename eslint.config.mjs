// Lint rules. The import rules hold the layering of the repository: who may know whom.
import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** Modules of a folder, as another folder writes them in an import. */
const folder = (name) => [`**/${name}`, `**/${name}/**`];
const forbid = (message, ...group) => ({ group, message });

/** The rooms from the ground up: each imports those before it alone. `program.ts` stands between components/ and automation/. */
const layers = ["settings", "outputs", "hostfiles", "dns", "components", "automation", "operator"];
const above = (room) =>
  forbid(
    `${room}/ imports the rooms below it alone: ${layers.slice(0, layers.indexOf(room)).join(", ") || "none"}.`,
    ...layers.slice(layers.indexOf(room) + 1).flatMap(folder),
  );
const lab = forbid("Only lab/ and tests/ import lab/.", ...folder("lab"));
const aws = forbid(
  "This room makes no resource and calls no AWS.",
  ...["@pulumi/aws", "@pulumi/command", "@pulumi/random"].flatMap((name) => [name, `${name}/**`]),
  "@aws-sdk/**",
);
const network = forbid(
  "This room opens no connection and starts no process.",
  ...["net", "http", "https", "http2", "tls", "dns", "dgram", "child_process"].flatMap((name) => [
    name,
    `node:${name}`,
  ]),
  "ssh2",
);
const pulumi = forbid("This room knows nothing of Pulumi.", "@pulumi/pulumi", "@pulumi/pulumi/**");
const stacks = forbid("operator/ opens stacks through automation/ alone.", "@pulumi/pulumi/automation");
/** Inside operator/: the command line is on top of what it calls. */
const commandLine = forbid("The command line calls this, not the other way round.", "**/cli/**");

/** The import rules of some files; a later set replaces an earlier one, so each is whole. */
const imports = (files, ...patterns) => ({ files, rules: { "no-restricted-imports": ["error", { patterns }] } });
const room = (name, ...patterns) => imports([`${name}/**/*.ts`], lab, above(name), ...patterns);
const operator = (folders, ...patterns) => imports(folders, lab, stacks, ...patterns);

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
  imports(
    ["*.ts"],
    lab,
    forbid("The program is what automation/ and operator/ run.", ...layers.slice(-2).flatMap(folder)),
  ),
  room("settings", aws, network, pulumi),
  room("outputs", aws, network, pulumi),
  room("hostfiles", aws, network, pulumi),
  room("dns", aws, network, pulumi),
  room("components"),
  room("automation"),
  operator(["operator/cli/**/*.ts"]),
  operator(["operator/{adopt,doctor,cutover}/**/*.ts"], commandLine),
  operator(["operator/{iam,kops}/**/*.ts"], commandLine, aws, network, pulumi),
  {
    ...imports(["tests/**/*.ts"], forbid("Tests reach the lab through tests/support/.", ...folder("lab"))),
    ignores: ["tests/lab/**", "tests/support/**"],
  },
  {
    files: ["scripts/**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
