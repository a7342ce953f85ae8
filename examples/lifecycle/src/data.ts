import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Row } from '@mlops/core'

// The package exports its URLs, not its files; the files lie beside it all the same.
const folder = fileURLToPath(new URL('../node_modules/vega-datasets/data/', import.meta.url))
const dataset = (file: string) => readFileSync(folder + file, 'utf8')

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

/** 20,000 flights from January to March 2001. */
export const loadFlights = () => JSON.parse(dataset('flights-20k.json')) as Flight[]

/** The flights from one day (inclusive) to another (exclusive), both as `2001/01/15`, oldest first. */
export const between = (flights: readonly Flight[], from: string, until: string) =>
  flights.filter(({ date }) => date >= from && date < until).sort((a, b) => (a.date < b.date ? -1 : 1))

/** Flights as the drift report sees them. */
export const flightRows = (flights: readonly Flight[]): Row[] =>
  flights.map(({ date, ...flight }) => ({ ...flight, hour: hourOf(date), weekday: weekdayOf(date) }))

export const hourOf = (date: string) => Number(date.slice(11, 13)) + Number(date.slice(14, 16)) / 60
export const weekdayOf = (date: string) =>
  ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][
    new Date(`${date.slice(0, 10).replaceAll('/', '-')}T00:00:00Z`).getUTCDay()
  ]!

/** Wildlife strikes reported to the FAA, before or from 1997 on. Speeds are often missing. */
export function loadBirdStrikes(): { readonly before1997: Row[]; readonly since1997: Row[] } {
  const [head, ...lines] = dataset('birdstrikes.csv').trim().split(/\r?\n/).map(parseCsvLine)
  const strikes = lines.map((line) => {
    const at = (name: string) => line[head!.indexOf(name)]!
    const row: Row = {
      operator: at('Aircraft Airline Operator'),
      state: at('Origin State'),
      phase: at('Phase of flight'),
      size: at('Wildlife Size'),
      speed: at('Speed IAS in knots') === '' ? null : Number(at('Speed IAS in knots')),
      cost: Number(at('Cost Total $')),
    }
    return { year: Number(at('Flight Date').slice(0, 4)), row }
  })
  const rows = (wanted: (year: number) => boolean) => strikes.filter(({ year }) => wanted(year)).map(({ row }) => row)
  return { before1997: rows((year) => year < 1997), since1997: rows((year) => year >= 1997) }
}

const parseCsvLine = (line: string) =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )
