import { defineConfig } from 'tsup'

/** The one build recipe of all packages: ESM with types, one output file per public door. */
export function library(entry: Record<string, string>) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    dts: true,
    clean: true,
    sourcemap: false,
    splitting: true,
    treeshake: true,
    // tsup strips the `node:` prefix by default, and `node:sqlite` exists under no other name.
    removeNodeProtocol: false,
  })
}
