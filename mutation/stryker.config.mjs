// Mutation test of what the claims about AWS rest on: the secondary address, and the rules of the lab's endpoint.
export default {
  testRunner: "mocha",
  plugins: [import.meta.resolve("@stryker-mutator/mocha-runner")],
  mochaOptions: {
    config: "mutation/mocharc.yaml",
  },
  coverageAnalysis: "perTest",
  mutate: [
    "components/secondaryPrivateIp.ts",
    "components/aws/*.ts",
    "lab/aws/**/*.ts",
    "!lab/aws/{seed,account,callRecord}.ts",
  ],
  ignorePatterns: ["/examples", "/docs", "/dist", "/policy"],
  reporters: ["clear-text", "json", "progress"],
  jsonReporter: { fileName: "reports/mutation.json" },
  clearTextReporter: { reportTests: false, logTests: false },
  tempDirName: "/tmp/stryker-secondary-ingress",
  concurrency: 2,
  timeoutMS: 20000,
  ignoreStatic: true,
};
