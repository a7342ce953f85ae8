import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Row } from '@mlops/core'

const require = createRequire(import.meta.url)
const dataset = (file: string) =>
  readFileSync(require.resolve(`vega-datasets/data/${file}`), 'utf8')

/** A US domestic flight of early 2001 (Bureau of Transportation Statistics). */
export interface Flight {
  /** `2001/01/14 16:20`: local departure */
  readonly date: string
  /** Minutes late on arrival; negative when early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** 20,000 flights from January to March 2001, oldest first. */
export function loadFlights(): Flight[] {
  const flights = JSON.parse(dataset('flights-20k.json')) as Flight[]
  return flights.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
}

/** The flights from one day (inclusive) to another (exclusive), both as `2001/01/15`. */
export function between(flights: readonly Flight[], from: string, until: string): Flight[] {
  return flights.filter(({ date }) => date >= from && date < until)
}

/** Flights as the drift report sees them. */
export function flightRows(flights: readonly Flight[]): Row[] {
  return flights.map(({ date, ...flight }) => ({
    ...flight,
    hour: hourOf(date),
    weekday: weekdayOf(date),
  }))
}

export const hourOf = (date: string) => Number(date.slice(11, 13)) + Number(date.slice(14, 16)) / 60
export const weekdayOf = (date: string) =>
  ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][
    new Date(`${date.slice(0, 10).replaceAll('/', '-')}T00:00:00Z`).getUTCDay()
  ]!

/** Wildlife strikes reported to the FAA, before or from 1997 on. Speeds are often missing. */
export function loadBirdStrikes(): { readonly before1997: Row[]; readonly since1997: Row[] } {
  const [head, ...lines] = dataset('birdstrikes.csv').trim().split(/\r?\n/).map(parseCsvLine)
  const at = (line: readonly string[], name: string) => line[head!.indexOf(name)]!
  const rows = lines.map((line) => ({
    year: Number(at(line, 'Flight Date').slice(0, 4)),
    row: {
      operator: at(line, 'Aircraft Airline Operator'),
      state: at(line, 'Origin State'),
      phase: at(line, 'Phase of flight'),
      size: at(line, 'Wildlife Size'),
      daytime: at(line, 'Time of day'),
      speed: at(line, 'Speed IAS in knots') === '' ? null : Number(at(line, 'Speed IAS in knots')),
      cost: Number(at(line, 'Cost Total $')),
    },
  }))
  return {
    before1997: rows.filter(({ year }) => year < 1997).map(({ row }) => row),
    since1997: rows.filter(({ year }) => year >= 1997).map(({ row }) => row),
  }
}

function parseCsvLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )
}
