import { Matrix, solve } from 'ml-matrix'
import type { Flight } from './data.ts'
import { hourOf, weekdayOf } from './data.ts'

/** Logistic regression: P(late) from time, distance and how often each airport was late. Plain JSON. */
export interface LateModel {
  readonly weights: readonly number[]
  readonly baseRate: number
  readonly origins: Readonly<Record<string, number>>
  readonly destinations: Readonly<Record<string, number>>
}

const [PRIOR_FLIGHTS, RIDGE, STEPS] = [30, 1, 12]

/** A flight is late when it arrives more than a quarter of an hour after its time. */
const isLate = ({ delay }: Flight) => (delay > 15 ? 1 : 0)
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))

/** Trains on flights by Newton's method; tells its progress from 0 to 1. */
export function train(flights: readonly Flight[], progress: (share: number) => void): LateModel {
  const late = flights.map(isLate)
  const baseRate = late.reduce<number>((sum, y) => sum + y, 0) / flights.length
  const origins = lateRates(flights, ({ origin }) => origin, baseRate)
  const destinations = lateRates(flights, ({ destination }) => destination, baseRate)
  const untrained = { weights: [], baseRate, origins, destinations }
  const x = new Matrix(flights.map((flight) => features(untrained, flight)))
  const ridge = Matrix.eye(x.columns).mul(RIDGE).set(0, 0, 0) // the intercept, at 0, is not drawn towards 0
  let weights = Matrix.zeros(x.columns, 1)
  for (let step = 1; step <= STEPS; step++) {
    const p = x.mmul(weights).to1DArray().map(sigmoid)
    const gradient = x.transpose().mmul(Matrix.columnVector(late.map((y, i) => y - p[i]!)))
    const weighted = x.clone().mulColumnVector(p.map((share) => share * (1 - share)))
    const hessian = x.transpose().mmul(weighted).add(ridge)
    weights = weights.add(solve(hessian, gradient.sub(ridge.mmul(weights))))
    progress(step / STEPS)
  }
  return { ...untrained, weights: weights.to1DArray() }
}

/** The squared error of each forecast: its mean is the Brier score, lower is better. */
export function brierLosses(model: LateModel, flights: readonly Flight[]): number[] {
  const x = new Matrix(flights.map((flight) => features(model, flight)))
  const forecasts = x.mmul(Matrix.columnVector(model.weights)).to1DArray().map(sigmoid)
  return forecasts.map((p, i) => (p - isLate(flights[i]!)) ** 2)
}

function features({ origins, destinations, baseRate }: LateModel, flight: Flight): number[] {
  const angle = (2 * Math.PI * hourOf(flight.date)) / 24
  const weekday = weekdayOf(flight.date)
  const logOdds = (rate = baseRate) => Math.log(rate / (1 - rate))
  return [
    1,
    flight.distance / 1000,
    ...[1, 2].flatMap((k) => [Math.sin(k * angle), Math.cos(k * angle)]),
    ...['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].map((day) => (day === weekday ? 1 : 0)),
    logOdds(origins[flight.origin]),
    logOdds(destinations[flight.destination]),
  ]
}

/** How often each airport is late, drawn towards the overall rate where there are few flights. */
function lateRates(flights: readonly Flight[], airportOf: (flight: Flight) => string, baseRate: number) {
  const counts = new Map<string, [late: number, all: number]>()
  for (const flight of flights) {
    const [late, all] = counts.get(airportOf(flight)) ?? [0, 0]
    counts.set(airportOf(flight), [late + isLate(flight), all + 1])
  }
  const rate = ([late, all]: [number, number]) => (late + PRIOR_FLIGHTS * baseRate) / (all + PRIOR_FLIGHTS)
  return Object.fromEntries([...counts].map(([airport, count]) => [airport, rate(count)]))
}
