// The tests in TypeScript that docs/other-languages.md shows, run by Vitest.

import { readFileSync, writeFileSync } from "node:fs";
import { startVitest } from "vitest/node";

const page = readFileSync(process.argv[2], "utf8");
const code = page.match(/```typescript\n(.*?)```/s)[1];
writeFileSync("weather.test.ts", code);
process.env.FAKEOPENAI_URL = process.env.OPENAI_BASE_URL.replace(/\/v1$/, "");

const vitest = await startVitest("test", ["weather.test.ts"], { watch: false, reporters: [] });
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
for (const test of tests) {
  const { state, errors } = test.result();
  console.log(state === "passed" ? `passed ${test.name}` : `FAILED ${test.name}: ${errors?.[0]?.message ?? state}`);
}
await vitest.close();
process.exitCode = tests.length > 0 && tests.every((test) => test.result().state === "passed") ? 0 : 1;
