import { Matrix, solve } from 'ml-matrix'
import type { Flight } from './data.ts'
import { hourOf, weekdayOf } from './data.ts'

/** A flight is late when it arrives more than a quarter of an hour after its time. */
export const isLate = ({ delay }: Flight) => (delay > 15 ? 1 : 0)

/** Logistic regression: P(late) from time, distance and how often each airport was late. Plain JSON. */
export interface LateModel {
  readonly weights: readonly number[]
  readonly baseRate: number
  readonly origins: Readonly<Record<string, number>>
  readonly destinations: Readonly<Record<string, number>>
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const PRIOR_FLIGHTS = 30
const RIDGE = 1
const STEPS = 12

/** Trains on flights by Newton's method; tells its progress from 0 to 1. */
export function train(flights: readonly Flight[], progress: (share: number) => void): LateModel {
  const late = flights.map(isLate)
  const baseRate = late.reduce<number>((sum, y) => sum + y, 0) / flights.length
  const untrained: LateModel = {
    weights: [],
    baseRate,
    origins: lateRates(flights, ({ origin }) => origin, baseRate),
    destinations: lateRates(flights, ({ destination }) => destination, baseRate),
  }
  const rows = flights.map((flight) => features(untrained, flight))
  const size = rows[0]!.length
  const weights = new Array<number>(size).fill(0)
  for (let step = 1; step <= STEPS; step++) {
    const gradient = Matrix.zeros(size, 1)
    const hessian = Matrix.zeros(size, size)
    for (const [i, x] of rows.entries()) {
      const p = sigmoid(dot(weights, x))
      for (let a = 0; a < size; a++) {
        gradient.set(a, 0, gradient.get(a, 0) + (late[i]! - p) * x[a]!)
        for (let b = 0; b <= a; b++)
          hessian.set(a, b, hessian.get(a, b) + p * (1 - p) * x[a]! * x[b]!)
      }
    }
    for (let a = 0; a < size; a++) {
      // The first weight is the intercept and is not drawn towards 0.
      if (a > 0) gradient.set(a, 0, gradient.get(a, 0) - RIDGE * weights[a]!)
      hessian.set(a, a, hessian.get(a, a) + (a > 0 ? RIDGE : 0))
      for (let b = 0; b < a; b++) hessian.set(b, a, hessian.get(a, b))
    }
    const move = solve(hessian, gradient)
    for (let a = 0; a < size; a++) weights[a]! += move.get(a, 0)
    progress(step / STEPS)
  }
  return { ...untrained, weights }
}

/** The probability that a flight is late. */
export function predict(model: LateModel, flight: Flight): number {
  return sigmoid(dot(model.weights, features(model, flight)))
}

/** The squared error of each forecast: its mean is the Brier score, lower is better. */
export function brierLosses(model: LateModel, flights: readonly Flight[]): number[] {
  return flights.map((flight) => (predict(model, flight) - isLate(flight)) ** 2)
}

function features(
  { origins, destinations, baseRate }: LateModel,
  { date, distance, origin, destination }: Flight,
): number[] {
  const angle = (2 * Math.PI * hourOf(date)) / 24
  const weekday = weekdayOf(date)
  const logOdds = (rates: Readonly<Record<string, number>>, airport: string) => {
    const rate = rates[airport] ?? baseRate
    return Math.log(rate / (1 - rate))
  }
  return [
    1,
    distance / 1000,
    ...[1, 2].flatMap((k) => [Math.sin(k * angle), Math.cos(k * angle)]),
    ...WEEKDAYS.map((day) => (day === weekday ? 1 : 0)),
    logOdds(origins, origin),
    logOdds(destinations, destination),
  ]
}

/** How often each airport is late, drawn towards the overall rate where there are few flights. */
function lateRates(
  flights: readonly Flight[],
  airportOf: (flight: Flight) => string,
  baseRate: number,
): Record<string, number> {
  const counts = new Map<string, { late: number; all: number }>()
  for (const flight of flights) {
    const count = counts.get(airportOf(flight)) ?? { late: 0, all: 0 }
    counts.set(airportOf(flight), { late: count.late + isLate(flight), all: count.all + 1 })
  }
  return Object.fromEntries(
    [...counts].map(([airport, { late, all }]) => [
      airport,
      (late + PRIOR_FLIGHTS * baseRate) / (all + PRIOR_FLIGHTS),
    ]),
  )
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, w, i) => sum + w * b[i]!, 0)
