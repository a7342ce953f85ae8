// What runs in the threads of `openWorkers`: the functions of this package, by name.
import * as functions from '../index.ts'
import { answerCalls } from './answer-calls.ts'

answerCalls(functions)
