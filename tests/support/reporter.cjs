/** Mocha's `spec` report, closed by one line that tools read: `N passed, N failed, N skipped`. */
const { reporters } = require("mocha");

class ClosingLine extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
  }
}

module.exports = ClosingLine;
