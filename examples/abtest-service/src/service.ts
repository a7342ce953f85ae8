import { sampleSizeForProportions } from '@mlops/abtest'
import { invalid } from '@mlops/core'
import type { Route, RouteContext, Service } from '@mlops/http'
import { createService, json } from '@mlops/http'
import type { Banners } from './banners.ts'
import * as bodies from './bodies.ts'
import { bodyOf } from './bodies.ts'
import { notFound } from './errors.ts'
import type { Experiments } from './experiments.ts'
import { shown } from './pages.ts'
import type { Shadow } from './shadow.ts'

type Handle = (context: RouteContext & { readonly key: string }) => Promise<Response>

/** The routes; whoever mounts them decides who may call them. */
export function experimentService({
  experiments,
  shadow,
  banners,
}: {
  readonly experiments: Experiments
  readonly shadow: Shadow
  readonly banners: Banners
}): Service {
  return createService({
    routes: [
      route('GET', '/sample-size', async ({ query }) => {
        const [control, treatment] = [rate(query, 'control'), rate(query, 'treatment')]
        return json(sampleSizeForProportions({ control, treatment }))
      }),
      route('POST', '/experiments', async ({ request }) =>
        json(await experiments.register(await bodyOf(bodies.registration, request)), { status: 201 }),
      ),
      route('GET', '/experiments/:key', async ({ key }) => json(await experiments.standing(key))),
      route('POST', '/experiments/:key/assignments', async ({ key, request }) => {
        const { unit } = await bodyOf(bodies.unit, request)
        return json(await experiments.assign(key, unit))
      }),
      route('POST', '/experiments/:key/outcomes', async ({ key, request }) => {
        const { outcomes } = await bodyOf(bodies.outcomes, request)
        return json(await experiments.observe(key, outcomes))
      }),
      route('POST', '/experiments/:key/looks', async ({ key, request }) => {
        const { stage } = await bodyOf(bodies.look, request)
        return json(await experiments.look(key, stage))
      }),
      route('GET', '/experiments/:key/readout', async ({ key, request }) => {
        const { record, checks } = await experiments.standing(key)
        const result = record.evidence ?? record.readout
        if (result === null)
          throw notFound('experiments.no-readout', `nobody has looked at '${key}' yet: POST /experiments/${key}/looks`)
        return shown([result, checks], request, record.plan.hypothesis)
      }),
      route('POST', '/experiments/:key/stop', async ({ key, request }) =>
        json(await experiments.stop(key, await bodyOf(bodies.stop, request))),
      ),
      route('POST', '/experiments/:key/predictions', async ({ key, request }) => {
        const { id, ...delivery } = await bodyOf(bodies.request, request)
        return json(await shadow.predict(key, id, delivery))
      }),
      route('POST', '/experiments/:key/truths', async ({ key, request }) => {
        const { truths } = await bodyOf(bodies.truths, request)
        return json(await shadow.settle(key, truths))
      }),
      route('POST', '/banners/choices', async () => json(await banners.choose(), { status: 201 })),
      route('POST', '/banners/rewards', async ({ request }) => {
        const { rewards } = await bodyOf(bodies.rewards, request)
        return json(await banners.reward(rewards))
      }),
      route('GET', '/banners', async () => json(banners.standing())),
      route('GET', '/banners/:key/value', async ({ key }) => json(await banners.valueOf(key))),
      route('GET', '/health', async () => json({ ok: true })),
    ],
  })
}

function route(method: Route['method'], path: string, handle: Handle): Route {
  return {
    method,
    path,
    access: 'public',
    handle: (context) => handle({ ...context, key: context.params['key'] ?? '' }),
  }
}

/** A rate of the query string; what it must be, is for the sample size to say. */
function rate(query: URLSearchParams, name: string): number {
  const text = query.get(name)
  if (text !== null && text.trim() !== '') return Number(text)
  throw invalid('service.query', `give ?${name}= as a rate between 0 and 1`, { name })
}
