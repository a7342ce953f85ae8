import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface RunningServer {
  readonly origin: string
  /** Seconds until /health answered. */
  readonly ready: number
  /** Most memory that the server and its workers have held since `forgetPeak`, MB: the kernel's VmHWM. */
  peakRss(): number
  forgetPeak(): void
  /** Processor time of the server and its workers since they started, ms. */
  cpu(): number
  /** Takes the processor away from it, and gives it back: MLflow's workers are busy even when nobody calls. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export interface Place {
  /** `sqlite:FILE` or `postgres://…` */
  readonly db: string
  /** Holds artifacts and logs. */
  readonly folder: string
  /** Whether our server lets others open its SQLite file. @default false */
  readonly shared?: boolean
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Our server, as a user starts it. */
export function startOurs({ db, folder, shared = false }: Place): Promise<RunningServer> {
  return start(folder, 'ours', (port) => [
    process.execPath,
    join(root, 'examples/mlflow-server/server.mjs'),
    ...['--port', String(port), '--db', db, '--default-artifact-root', 'mlflow-artifacts:/'],
    ...['--artifacts-destination', join(folder, 'artifacts')],
    ...(shared ? ['--shared-db'] : []),
  ])
}

/** MLflow's server: one worker on SQLite, which has one writer, four on PostgreSQL. */
export function startMlflow(python: string, { db, folder }: Place): Promise<RunningServer> {
  const sqlite = db.startsWith('sqlite:')
  const uri = sqlite
    ? `sqlite:///${db.slice('sqlite:'.length)}`
    : db.replace(/^postgres:/, 'postgresql+psycopg2:')
  return start(folder, 'mlflow', (port) => [
    python,
    ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port)],
    ...['--backend-store-uri', uri, '--default-artifact-root', 'mlflow-artifacts:/'],
    ...['--artifacts-destination', join(folder, 'artifacts'), '--workers', sqlite ? '1' : '4'],
  ])
}

async function start(
  folder: string,
  name: string,
  command: (port: number) => readonly string[],
): Promise<RunningServer> {
  const port = await freePort()
  const [file, ...args] = command(port) as [string, ...string[]]
  const begun = performance.now()
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(join(folder, `${name}.log`))
  child.stdout!.pipe(log, { end: false })
  child.stderr!.pipe(log, { end: false })
  const origin = `http://127.0.0.1:${port}`
  while (!(await healthy(origin))) {
    if (child.exitCode !== null || performance.now() - begun > 120_000) {
      throw new Error(`${name} did not start: see ${join(folder, `${name}.log`)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    origin,
    ready: (performance.now() - begun) / 1000,
    peakRss: () => familyOf(child.pid!).reduce((sum, pid) => sum + peakOf(pid), 0),
    forgetPeak: () => familyOf(child.pid!).forEach(forgetPeak),
    cpu: () => familyOf(child.pid!).reduce((sum, pid) => sum + cpuOf(pid), 0),
    pause: () => void process.kill(-child.pid!, 'SIGSTOP'),
    resume: () => void process.kill(-child.pid!, 'SIGCONT'),
    stop: () => stopped(child),
  }
}

async function healthy(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/health`)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('exit', () => resolve())
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      resolve()
    }
  })
}

/** A process and its descendants. */
function familyOf(pid: number): number[] {
  let children: number[] = []
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return [pid]
  }
  return [pid, ...children.flatMap(familyOf)]
}

function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

/** Ticks of user and system time, of which Linux has 100 a second. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Milliseconds in which the machine wanted a processor and its host gave it to others. */
export function stolenTime(): number {
  return Number(readFileSync('/proc/stat', 'utf8').split(/\s+/, 9)[8]) * 10
}

/** See proc_pid_clear_refs(5). */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
