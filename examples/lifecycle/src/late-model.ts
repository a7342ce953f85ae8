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

const PRIOR_FLIGHTS = 30
const RIDGE = 1
const STEPS = 12

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
  const ridge = Matrix.eye(x.columns).mul(RIDGE)
  ridge.set(0, 0, 0) // The first weight is the intercept and is not drawn towards 0.
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
export const brierLosses = (model: LateModel, flights: readonly Flight[]) =>
  flights.map((flight) => (predict(model, flight) - isLate(flight)) ** 2)

/** The probability that a flight is late. */
const predict = (model: LateModel, flight: Flight) =>
  sigmoid(features(model, flight).reduce((sum, x, i) => sum + x * model.weights[i]!, 0))

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
  const rates: Record<string, number> = {}
  for (const [airport, own] of Map.groupBy(flights, airportOf)) {
    const late = own.filter(isLate).length
    rates[airport] = (late + PRIOR_FLIGHTS * baseRate) / (own.length + PRIOR_FLIGHTS)
  }
  return rates
}
