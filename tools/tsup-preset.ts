import { defineConfig } from 'tsup'

/** The one build recipe of all packages: ES modules, one output file a public door. Types: emit-types.mjs. */
export function library(entry: Record<string, string>) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    clean: true,
    sourcemap: false,
    splitting: true,
    treeshake: true,
    // tsup strips the `node:` prefix by default, and `node:sqlite` exists under no other name.
    removeNodeProtocol: false,
  })
}
