import { parseWith } from '@mlops/core/schema'
import type { Service } from '@mlops/http'
import { createService, json, readJson } from '@mlops/http'
import { toHtml, toPrometheus } from '@mlops/report'
import * as z from 'zod'
import { churn, watched } from './model.ts'
import type { Watch } from './watch.ts'

const customer = z.object({
  id: z.string().min(1).max(64),
  age: z.number().min(0).max(130),
  minutes: z.number().min(0).nullable(),
  plan: z.string().max(32),
})
const scoring = z.object({ customers: z.array(customer).min(1).max(1000) })
const labels = z.object({
  labels: z
    .array(z.object({ id: z.string(), left: z.boolean() }))
    .min(1)
    .max(1000),
})

/** Predictions whose outcome is not known yet; the oldest are forgotten. */
const MOST_PENDING = 100_000

/** Scores customers, watches itself while it does, and tells everybody who asks. */
export function scoringService(watch: Watch): Service {
  const pending = new Map<string, boolean>()
  return createService({
    routes: [
      {
        method: 'POST',
        path: '/score',
        access: 'public',
        async handle({ request }) {
          const { customers } = parseWith(scoring, await readJson(request), { code: 'score.body', what: 'body' })
          const scores = customers.map((one) => ({ id: one.id, churn: churn(one) }))
          for (const { id, churn } of scores) pending.set(id, churn >= 0.5)
          for (const id of pending.keys()) {
            if (pending.size <= MOST_PENDING) break
            pending.delete(id)
          }
          watch.observe(customers.map(({ id: _, ...one }) => watched(one)))
          return json({ scores })
        },
      },
      {
        method: 'POST',
        path: '/labels',
        access: 'public',
        async handle({ request }) {
          const body = parseWith(labels, await readJson(request), { code: 'labels.body', what: 'body' })
          const known = body.labels.filter(({ id }) => pending.has(id))
          watch.learnErrors(known.map(({ id, left }) => Number(pending.get(id) !== left)))
          for (const { id } of known) pending.delete(id)
          return json({ learned: known.length, errorAlarms: watch.errorAlarms })
        },
      },
      { method: 'GET', path: '/drift', access: 'public', handle: () => json(watch.standing()) },
      {
        method: 'GET',
        path: '/report',
        access: 'public',
        handle() {
          const comparison = watch.comparison()
          const page = toHtml(comparison === null ? [watch.standing()] : [watch.standing(), comparison], {
            title: 'Churn service',
          })
          return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
        },
      },
      {
        method: 'GET',
        path: '/metrics',
        access: 'public',
        handle() {
          const comparison = watch.comparison()
          const labels = { service: 'churn' }
          const text = [watch.standing(), ...(comparison ? [comparison] : [])].map((one) =>
            toPrometheus(one, { labels }),
          )
          return new Response(text.join(''), { headers: { 'content-type': 'text/plain; version=0.0.4' } })
        },
      },
      { method: 'GET', path: '/health', access: 'public', handle: () => json({ ok: true }) },
    ],
  })
}
