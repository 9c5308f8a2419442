#!/usr/bin/env node
// `npx secondary-ingress`: the command line; the sources in a checkout, compiled in a package.
const { existsSync } = require("node:fs");

if (existsSync(`${module.path}/main.ts`)) {
  require("../../scripts/register.cjs");
  require("./main");
} else require("../../dist/operator/cli/main.js");
