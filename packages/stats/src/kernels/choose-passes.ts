import type { Passes } from './passes.ts'
import { javascriptPasses } from './passes-javascript.ts'
import { wasmPasses } from './passes-wasm.ts'

/** Below it a call into WebAssembly costs more than it saves. */
const WORTH_A_CALL = 2048

/** The faster passes for samples of this size, where the runtime has them. */
export function passesFor(length: number): Passes {
  return length < WORTH_A_CALL ? javascriptPasses : (wasmPasses() ?? javascriptPasses)
}
