// From a step's TypeScript or JavaScript to the JavaScript that its realm runs.
//
// Sucrase, because it is pure JavaScript (nothing native to load behind the wall), takes 0.2 ms a step where the
// TypeScript compiler takes 3.5 ms, and keeps the line numbers, so that stacks need no source map.
import { createRequire } from 'node:module'

/** @type {typeof import('sucrase').transform | undefined} */
let transform

/** Loading the transpiler takes 70 ms: the host does it when it is ready, not before. */
export function loadCompiler() {
  transform ??= createRequire(import.meta.url)('sucrase').transform
  return /** @type {typeof import('sucrase').transform} */ (transform)
}

// import() hands out a promise of the host's realm whatever realm it is called in, and V8 has no switch for it. In code
// steps the transpiler turns it into require(), and their text goes to a pure host only when it never says "import";
// expressions are not transpiled. So a pure host refuses what could be one to any reader, comments (also <!-- and -->)
// between the word and its parenthesis included. Text in quotes is refused too: better than a parser that is fooled.
const DYNAMIC_IMPORT = /\bimport\s*[(./<-]/

/**
 * @param {string} text JavaScript as V8 will read it
 * @throws {Error} when it may hold a dynamic import
 */
export function refuseDynamicImport(text) {
  if (DYNAMIC_IMPORT.test(text)) throw new Error('import() can not be used here')
}

/**
 * @param {string} source
 * @returns {string} a function body for (exports, require, module), each line where it was
 * @throws {Error} with a message for the step's author
 */
export function compile(source) {
  return loadCompiler()(source, { transforms: ['typescript', 'imports'], disableESTransforms: true }).code
}
