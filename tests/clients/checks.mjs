// How a program of a client says what it found: a line for each of its steps.

export async function run(...steps) {
  for (const step of steps) {
    try {
      await step();
      console.log(`passed ${words(step.name)}`);
    } catch (error) {
      console.log(`FAILED ${words(step.name)}: ${String(error).slice(0, 300)}`);
      console.error(error);
      process.exitCode = 1;
    }
  }
}

const words = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
