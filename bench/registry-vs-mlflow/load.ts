import { type Answer, type Connection, openConnection } from './connection.ts'

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
  /** Every answered request's milliseconds, in ascending order. */
  readonly times: readonly number[]
  /** Requests that were refused. */
  readonly refused: number
}

/** Several turns of a task as one. */
export function merged(turns: readonly Measured[]): Measured {
  const seconds = turns.reduce((sum, { times, perSecond }) => sum + times.length / perSecond, 0)
  return measuredOf(
    turns.flatMap(({ times }) => times),
    seconds,
    turns.reduce((sum, { refused }) => sum + refused, 0),
  )
}

function measuredOf(unsorted: readonly number[], seconds: number, refused: number): Measured {
  const times = [...unsorted].sort((a, b) => a - b)
  return {
    perSecond: times.length / seconds,
    p50: times[times.length >> 1]!,
    p99: times[Math.floor(times.length * 0.99)]!,
    times,
    refused,
  }
}

export const API = '/api/2.0/mlflow'

/** Sends requests over kept-alive connections, as many as are under way at once; anything but 200 is an error. */
export function createClient(origin: string) {
  const { host } = new URL(origin)
  const idle: Connection[] = []
  const all = new Set<Connection>()

  async function ask({ method, path, body }: Sent): Promise<Answer> {
    const connection = idle.pop() ?? openConnection(origin)
    all.add(connection)
    const text = body === undefined ? '' : JSON.stringify(body)
    const content =
      body === undefined
        ? ''
        : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`
    const answer = await connection
      .ask(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${content}\r\n${text}`)
      .finally(() => idle.push(connection))
    if (answer.status === 200) return answer
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text().slice(0, 300)}`)
  }
  const send = async (sent: Sent): Promise<string> => (await ask(sent)).text()

  return {
    send,
    // biome-ignore lint/suspicious/noExplicitAny: answers of a foreign server, looked into by hand
    json: async (sent: Sent): Promise<any> => JSON.parse(await send(sent)),
    /** Keeps `clients` requests under way for `seconds`; what is refused is counted apart. */
    async load(make: (i: number) => Sent, clients: number, seconds: number): Promise<Measured> {
      const times: number[] = []
      const refusals: Error[] = []
      let next = 0
      const end = performance.now() + seconds * 1000
      const start = performance.now()
      await Promise.all(
        Array.from({ length: clients }, async () => {
          while (performance.now() < end) {
            const sent = make(next++)
            const begun = performance.now()
            const answered = await ask(sent).then(
              () => true,
              (error) => {
                refusals.push(error)
                return false
              },
            )
            if (answered) times.push(performance.now() - begun)
          }
        }),
      )
      if (times.length === 0) throw refusals[0]!
      return measuredOf(times, (performance.now() - start) / 1000, refusals.length)
    },
    close: () => {
      for (const connection of all) connection.close()
    },
  }
}

export type Client = ReturnType<typeof createClient>
