// What runs in the threads of `openDriftWorkers`.
import { answerCalls } from '@mlops/stats/workers'
import { fitPart, judgePart } from './column-work.ts'

answerCalls({ fitPart, judgePart })
