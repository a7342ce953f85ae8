// npx tsx src/main.ts [--port 8080] [--store sqlite:./experiments.db]
import { parseArgs } from 'node:util'
import { serve } from '@mlops/http/node'
import { open } from './open.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    store: { type: 'string', default: 'sqlite:./experiments.db' },
  },
})
const { service } = await open(values.store)
const server = await serve(service, { port: Number(values.port) })
console.log(`listening on ${server.url}`)
