// One replica: profiles its own traffic and prints the profile's bytes.
//   node --import tsx test/processes/replica.ts SHARD ROWS REFERENCE.json
import { readFileSync } from 'node:fs'
import { createProfiler } from '../../src/profile/create-profiler.ts'
import { profileToBytes } from '../../src/profile/profile-bytes.ts'
import { trafficOf } from './traffic.ts'

const [shard, rows, path] = process.argv.slice(2)
const profiler = createProfiler({ reference: JSON.parse(readFileSync(path!, 'utf8')) })
profiler.addTable(trafficOf(Number(shard), Number(rows)))
process.stdout.write(Buffer.from(profileToBytes(profiler.profile())).toString('base64'))
