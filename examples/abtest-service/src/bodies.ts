import { parseWith } from '@mlops/core/schema'
import { readJson } from '@mlops/http'
import * as z from 'zod'

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and dashes')
const id = z.string().min(1).max(128)
const count = z.number().int().min(2)

/** What a request registers: the checks of a plan itself are the plan's. */
export const registration = z.strictObject({
  key: name,
  hypothesis: z.string().min(1),
  metric: z.strictObject({
    name: z.string().min(1),
    better: z.enum(['higher', 'lower']),
    outcome: z.enum(['conversion', 'value']).default('value'),
  }),
  /** Share of the units that take part, and of these the share of the treatment. */
  coverage: z.number().min(0).max(1).default(1),
  treatmentShare: z.number().gt(0).lt(1).default(0.5),
  alpha: z.number().optional(),
  schedule: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('fixed'),
      sampleSize: z.strictObject({ control: count, treatment: count }),
      notBefore: z.iso.datetime().optional(),
    }),
    z.strictObject({
      kind: z.literal('sequential'),
      method: z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('group-sequential'),
          maxUnits: z.number(),
          spending: z.enum(['lan-demets-obrien-fleming', 'lan-demets-pocock']),
        }),
        z.strictObject({ kind: z.literal('asymptotic-sequence'), tightestAt: z.number() }),
      ]),
    }),
    z.strictObject({ kind: z.literal('shadow'), pairs: count }),
  ]),
})
export type Registration = z.infer<typeof registration>

export const unit = z.strictObject({ unit: id })
export const outcomes = z.strictObject({
  outcomes: z
    .array(z.strictObject({ unit: id, value: z.number() }))
    .min(1)
    .max(1000),
})
export const look = z.strictObject({ stage: z.enum(['interim', 'final']).default('interim') })
export const stop = z.strictObject({
  decision: z.enum(['control', 'treatment']),
  reason: z.string().min(1),
  by: id,
})
export const request = z.strictObject({
  id,
  distanceKm: z.number().min(0),
  hour: z.number().int().min(0).max(23),
})
export const truths = z.strictObject({
  truths: z
    .array(z.strictObject({ id, value: z.number() }))
    .min(1)
    .max(1000),
})
export const rewards = z.strictObject({
  rewards: z
    .array(z.strictObject({ choice: id, reward: z.number() }))
    .min(1)
    .max(1000),
})

/** A request's body, or a problem that names every fault in it. */
export async function bodyOf<Shape extends z.ZodType>(schema: Shape, from: Request): Promise<z.infer<Shape>> {
  return parseWith(schema, await readJson(from), { code: 'service.body', what: 'body' })
}
