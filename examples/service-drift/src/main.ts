// npx tsx src/main.ts [--port 8080] [--state drift-state.json]
import { parseArgs } from 'node:util'
import { fitReference } from '@mlops/drift'
import { serve } from '@mlops/http/node'
import { customers, watched } from './model.ts'
import { scoringService } from './service.ts'
import { openWatch } from './watch.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8080' }, state: { type: 'string', default: 'drift-state.json' } },
})
// In earnest: the JSON document that was kept with the model version.
const reference = fitReference(customers('training', 5000).map(watched), { sampleSize: 5000 })
const watch = openWatch({ reference, file: values.state })
const server = await serve(scoringService(watch), { port: Number(values.port) })
console.log(`listening on ${server.url} after ${watch.standing().rows} rows`)
