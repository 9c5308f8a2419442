/** Fails a run in which Node.js has warned: of something deprecated, of its own version, of listeners that pile up. */
const assert = require("node:assert/strict");

const warnings = [];
process.on("warning", ({ name, message }) => warnings.push(`${name}: ${message}`));

exports.mochaHooks = {
  afterAll() {
    assert.deepEqual(warnings.splice(0), []);
  },
};
