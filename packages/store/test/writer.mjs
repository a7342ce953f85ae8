// A process that writes until it is killed, or `limit` times. Each line on stdout acknowledges one
// write: the row, its log entry and its blob are promised to be there from then on.
// node writer.mjs <url> <options as JSON> <blob directory> <name> <limit>
import { writeSync } from 'node:fs'
import { openDiskBlobs } from '../dist/blobs.js'
import { createEventLog, openStore } from '../dist/index.js'

const [url, options, blobRoot, name, limit] = process.argv.slice(2)
const store = await openStore(url, JSON.parse(options))
const blobs = await openDiskBlobs(blobRoot)
const log = createEventLog({ store, name: 'audit' })

async function* content(n) {
  for (let i = 0; i < 6; i++) yield Buffer.from(`${name}-${n}-${i}-`.repeat(2000))
}

for (let n = 0; n < Number(limit); n++) {
  const id = `${process.pid}-${name}-${n}`
  const { digest } = await blobs.put(content(id))
  await store.transaction(async (tx) => {
    await tx.insertInto('crash_rows').values({ id, digest }).execute()
    await log.append(tx, {
      actor: { type: 'service', id: name },
      action: 'row.written',
      subject: { type: 'row', name: id },
      data: { digest },
    })
    await tx.insertInto('crash_pairs').values({ id }).execute()
  })
  writeSync(1, `${id}\n`)
}
await store.close()
