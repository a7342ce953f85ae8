import { Agent, request } from 'node:http'

/** What a task sends. */
export interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  /** JSON, unless bytes. */
  readonly body?: unknown
}

export interface Measured {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Every request's milliseconds, in ascending order. */
  readonly times: readonly number[]
}

/** Several turns of a task as one. */
export function merged(turns: readonly Measured[]): Measured {
  const seconds = turns.reduce((sum, { times, perSecond }) => sum + times.length / perSecond, 0)
  return measuredOf(
    turns.flatMap(({ times }) => times),
    seconds,
  )
}

function measuredOf(unsorted: readonly number[], seconds: number): Measured {
  const times = [...unsorted].sort((a, b) => a - b)
  return {
    perSecond: times.length / seconds,
    p50: times[times.length >> 1]!,
    p99: times[Math.floor(times.length * 0.99)]!,
    times,
  }
}

export const API = '/api/2.0/mlflow'

/** Sends one request over a kept-alive connection; anything but 200 is an error. */
export function createClient(origin: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const { hostname, port } = new URL(origin)

  function send({ method, path, body }: Sent): Promise<string> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const headers =
        text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const outgoing = request({ agent, hostname, port, method, path, headers }, (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(pieces).toString()
          if (response.statusCode === 200) resolve(answer)
          else
            reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 300)}`))
        })
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a connection that had been idle: the request never reached it.
        if (error.code === 'ECONNRESET' && outgoing.reusedSocket)
          send({ method, path, body }).then(resolve, reject)
        else reject(error)
      })
      outgoing.end(text)
    })
  }

  return {
    send,
    // biome-ignore lint/suspicious/noExplicitAny: answers of a foreign server, looked into by hand
    json: async (sent: Sent): Promise<any> => JSON.parse(await send(sent)),
    /** Keeps `clients` requests under way for `seconds`. */
    async load(make: (i: number) => Sent, clients: number, seconds: number): Promise<Measured> {
      const times: number[] = []
      let next = 0
      const end = performance.now() + seconds * 1000
      const start = performance.now()
      await Promise.all(
        Array.from({ length: clients }, async () => {
          while (performance.now() < end) {
            const sent = make(next++)
            const begun = performance.now()
            await send(sent)
            times.push(performance.now() - begun)
          }
        }),
      )
      return measuredOf(times, (performance.now() - start) / 1000)
    },
    close: () => agent.destroy(),
  }
}

export type Client = ReturnType<typeof createClient>
