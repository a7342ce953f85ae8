import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** How every package's tests run: with room for slow machines, and repeatable properties. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    setupFiles: [fileURLToPath(new URL('./vitest-setup.ts', import.meta.url))],
  },
})
