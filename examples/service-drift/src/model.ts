import { createRng } from '@mlops/core'

/** What the service is asked about: a customer, and whether they will leave. */
export interface Customer {
  readonly age: number
  readonly minutes: number | null
  readonly plan: string
}

const WEIGHTS = { bias: -1.2, age: -0.02, minutes: 0.015, free: 0.8 }

/** The chance that a customer leaves: a logistic model, trained elsewhere. */
export function churn({ age, minutes, plan }: Customer): number {
  const { bias, ...weights } = WEIGHTS
  const sum = bias + weights.age * age + weights.minutes * (minutes ?? 60) + (plan === 'free' ? weights.free : 0)
  return 1 / (1 + Math.exp(-sum))
}

/** Customers like those that the model was trained on; `shift` moves the minutes, as a new tariff would. */
export function customers(seed: string, count: number, shift = 0): Customer[] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => ({
    age: Math.round(18 + 60 * rng.next() ** 1.5),
    minutes: rng.next() < 0.04 ? null : Math.round(120 * rng.next() + shift),
    plan: rng.next() < 0.5 ? 'free' : rng.next() < 0.7 ? 'paid' : 'team',
  }))
}

/** A customer with the prediction: what is watched. */
export const watched = (customer: Customer) => ({ ...customer, score: churn(customer) })
