/** Fails on an import that import-rules.ts does not allow, and on a folder where none could be judged. */
import { forbiddenImports } from "./forbidden-imports.ts";

const { mistakes, modules, imports } = await forbiddenImports(process.cwd());
for (const mistake of mistakes) {
  console.error(mistake);
}
console.log(`${modules} modules, ${imports} imports`);
process.exitCode = mistakes.length === 0 && modules > 0 ? 0 : 1;
