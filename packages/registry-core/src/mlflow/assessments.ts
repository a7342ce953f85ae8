import { assessmentJson, readAssessment, readChange } from './assessment-json.ts'
import type { MlflowRoute } from './call.ts'
import { named, text } from './call.ts'
import type { Input } from './fields.ts'

const read = named('trace.read', 'trace', 'trace')
const write = named('trace.write', 'trace', 'trace')
const path = '/mlflow/traces/:trace/assessments'

export const assessmentRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path,
    base: 'api-3',
    access: write,
    fields: { assessment: { type: 'object', required: true } },
    async handle({ registry, input, params, by }) {
      // The server gives the ids.
      const { id: _, ...given } = readAssessment(input['assessment'] as Input)
      const created = await registry.assessments.create({ trace: params['trace']!, ...given, by })
      return { assessment: assessmentJson(created) }
    },
  },
  {
    method: 'GET',
    path: `${path}/:id`,
    base: 'api-3',
    access: read,
    async handle({ registry, params }) {
      const found = await registry.assessments.get(params['trace']!, params['id']!)
      return { assessment: assessmentJson(found) }
    },
  },
  {
    method: 'PATCH',
    path: `${path}/:id`,
    base: 'api-3',
    access: write,
    fields: {
      assessment: { type: 'object', required: true },
      update_mask: { type: 'text', required: true },
    },
    async handle({ registry, input, params, by }) {
      const changed = await registry.assessments.change({
        ...readChange(input['assessment'] as Input, text(input, 'update_mask')),
        trace: params['trace']!,
        id: params['id']!,
        by,
      })
      return { assessment: assessmentJson(changed) }
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:id`,
    base: 'api-3',
    access: write,
    async handle({ registry, params, by }) {
      await registry.assessments.remove({ trace: params['trace']!, id: params['id']!, by })
      return {}
    },
  },
]
