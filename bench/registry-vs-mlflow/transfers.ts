import { createHash } from 'node:crypto'
import { request } from 'node:http'
import type { Client } from './load.ts'
import type { RunningServer } from './servers.ts'
import { post } from './tasks.ts'

export interface Transfer {
  readonly mibPerSecond: number
  /** Most memory of the server and its workers while it ran, MB. */
  readonly peakRss: number
}

/** An artifact up and down, in pieces, with the server's memory watched. */
export async function transfers(
  client: Client,
  server: RunningServer,
  experiment: string,
  mib: number,
): Promise<Record<string, Transfer>> {
  const { run } = await client.json(
    post('runs/create', { experiment_id: experiment, start_time: Date.now() }),
  )
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run.info.run_id}/artifacts/large.bin`
  const piece = Buffer.alloc(1024 * 1024)
  for (let i = 0; i < piece.length; i++) piece[i] = (i * 2654435761) >>> 24
  const sent = createHash('sha256')
  const up = await watched(server, mib, () => upload(server.origin, path, piece, mib, sent))
  const received = createHash('sha256')
  const down = await watched(server, mib, () => download(server.origin, path, received))
  if (sent.digest('hex') !== received.digest('hex')) throw new Error('other bytes came back')
  return { [`upload of ${mib} MiB`]: up, [`download of ${mib} MiB`]: down }
}

async function watched(
  server: RunningServer,
  mib: number,
  task: () => Promise<void>,
): Promise<Transfer> {
  server.forgetPeak()
  const start = performance.now()
  await task()
  const seconds = (performance.now() - start) / 1000
  return { mibPerSecond: mib / seconds, peakRss: server.peakRss() }
}

function upload(
  origin: string,
  path: string,
  piece: Buffer,
  pieces: number,
  hash: ReturnType<typeof createHash>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${origin}${path}`,
      { method: 'PUT', headers: { 'content-length': piece.length * pieces } },
      (response) => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200
            ? resolve()
            : reject(new Error(`PUT: ${response.statusCode}`)),
        )
      },
    )
    outgoing.on('error', reject)
    let left = pieces
    const write = () => {
      while (left > 0) {
        left--
        hash.update(piece)
        if (outgoing.write(piece)) continue
        outgoing.once('drain', write)
        return
      }
      outgoing.end()
    }
    write()
  })
}

function download(
  origin: string,
  path: string,
  hash: ReturnType<typeof createHash>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${origin}${path}`, (response) => {
      response.on('data', (chunk: Buffer) => hash.update(chunk))
      response.on('error', reject)
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`GET: ${response.statusCode}`)),
      )
    })
      .on('error', reject)
      .end()
  })
}
