// npx tsx src/main.ts [--port 8080] [--store sqlite:./experiments.db | postgres://HOST/DB] [--schema NAME]
import { parseArgs } from 'node:util'
import { serve } from '@mlops/http/node'
import { open } from './open.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    store: { type: 'string', default: 'sqlite:./experiments.db' },
    schema: { type: 'string' },
  },
})
const { service } = await open(values.store, { ...(values.schema && { schema: values.schema }) })
const server = await serve(service, { port: Number(values.port) })
console.log(`listening on ${server.url}`)
