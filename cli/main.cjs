#!/usr/bin/env node
// `npx secondary-ingress`: the command line, compiled as it is loaded.
require("ts-node").register({ transpileOnly: true, project: require.resolve("../tsconfig.json") });
require("./main");
