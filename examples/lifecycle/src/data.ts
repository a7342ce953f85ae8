import { readFileSync } from 'node:fs'
import type { Row } from '@mlops/core'
import { csvParse } from 'd3-dsv'

const dataset = (file: string) =>
  readFileSync(new URL(`../node_modules/vega-datasets/data/${file}`, import.meta.url), 'utf8')

/** A US domestic flight of early 2001 (Bureau of Transportation Statistics). */
export interface Flight {
  readonly date: string // local departure, `2001/01/14 16:20`
  readonly delay: number // minutes late on arrival; negative when early
  readonly distance: number // miles
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
export const weekdayOf = (date: string) => new Date(`${date.slice(0, 10)} UTC`).toUTCString().slice(0, 3)

/** Wildlife strikes reported to the FAA, before or since 1997. Speeds are often missing. */
export function loadBirdStrikes(): [before1997: Row[], since1997: Row[]] {
  const strikes = csvParse(dataset('birdstrikes.csv'), (line) => ({
    year: Number(line['Flight Date']?.slice(0, 4)),
    operator: line['Aircraft Airline Operator'],
    state: line['Origin State'],
    phase: line['Phase of flight'],
    size: line['Wildlife Size'],
    speed: line['Speed IAS in knots'] === '' ? null : Number(line['Speed IAS in knots']),
    cost: Number(line['Cost Total $']),
  }))
  const rows = (wanted: (year: number) => boolean) =>
    strikes.filter(({ year }) => wanted(year)).map(({ year, ...strike }) => strike)
  return [rows((year) => year < 1997), rows((year) => year >= 1997)]
}
