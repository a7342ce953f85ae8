import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const tool = fileURLToPath(new URL('../../../../tools/postgres.sh', import.meta.url))

/** A PostgreSQL server that a test may do anything to. */
export interface PrivateCluster {
  readonly url: string
  /** As after a crash: every connection is cut, and it starts again. */
  restart(): Promise<void>
  remove(): Promise<void>
}

/** Starts one in a directory of its own below `parent`. */
export async function startCluster(parent: string): Promise<PrivateCluster> {
  const directory = await mkdtemp(join(parent, 'mlops-cluster-'))
  const { stdout } = await run(tool, ['start', directory])
  return {
    url: stdout.trim().split('\n').at(-1)!,
    restart: async () => void (await run(tool, ['restart', directory])),
    async remove() {
      await run(tool, ['stop', directory]).catch(() => {})
      await rm(directory, { recursive: true, force: true })
    },
  }
}
