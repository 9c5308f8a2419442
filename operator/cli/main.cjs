#!/usr/bin/env node
// `npx secondary-ingress`: the command line; compiled ahead in a package, as it is loaded in a checkout.
const { existsSync } = require("node:fs");

const compiled = `${module.path}/../../dist/operator/cli/main.js`;
if (existsSync(compiled)) require(compiled);
else {
  require("ts-node").register({ transpileOnly: true, project: require.resolve("../../tsconfig.json") });
  require("./main");
}
