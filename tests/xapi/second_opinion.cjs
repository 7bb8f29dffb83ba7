// What a validator that is not ours says of the statements in the files named (one statement in
// each, or one a line in a file that ends in .jsonl): one line for each problem; silence is consent.
"use strict";
const { readFileSync } = require("node:fs");
const validate = require("@learninglocker/xapi-validation").default;

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const statements = file.endsWith(".jsonl") ? text.split("\n").filter((line) => line) : [text];
  for (const statement of statements.map((each) => JSON.parse(each))) {
    for (const problem of validate(statement)) {
      console.log(`${file}: ${statement.id}: ${problem.path.join(".")}: ${problem.name}`);
    }
  }
}
