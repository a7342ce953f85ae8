// What runs in the threads of `openWorkers`: the functions of this package, by name.
import { answerCalls } from './answer-calls.ts'

// The built main door, beside this file. Bundled in, its list of all names would keep every function
// alive in whatever bundles a single one.
answerCalls(await import(new URL('./index.js', import.meta.url).href))
