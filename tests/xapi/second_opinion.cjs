// What a validator that is not ours says of the statements in the files named: one line for each
// problem; silence is consent.
"use strict";
const { readFileSync } = require("node:fs");
const validate = require("@learninglocker/xapi-validation").default;

for (const file of process.argv.slice(2)) {
  const problems = validate(JSON.parse(readFileSync(file, "utf8")));
  for (const problem of problems) {
    console.log(`${file}: ${problem.path.join(".")}: ${problem.name}`);
  }
}
