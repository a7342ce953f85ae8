import { MlopsError } from '@mlops/core'
import type { MlflowRoute } from './call.ts'
import { mlflowInvalid } from './errors.ts'

const PREFIXES = {
  api: ['/api/2.0', '/ajax-api/2.0'],
  'api-3': ['/api/3.0', '/ajax-api/3.0'],
  root: [''],
} as const

export interface Match {
  readonly route: MlflowRoute
  readonly params: Readonly<Record<string, string>>
}

/** The paths under which a route answers. */
export function pathsOf({ base, path }: Pick<MlflowRoute, 'base' | 'path'>): readonly string[] {
  return PREFIXES[base].map((prefix) => `${prefix}${path}`)
}

/** Finds the route of a request: plain paths by a table, the few with parameters one by one. */
export function createRouter(
  routes: readonly MlflowRoute[],
): (method: string, path: string) => Match {
  const plain = new Map<string, MlflowRoute>()
  const patterns: { readonly route: MlflowRoute; readonly parts: readonly string[] }[] = []
  for (const route of routes) {
    for (const path of pathsOf(route)) {
      if (/[:*]/.test(path)) patterns.push({ route, parts: path.split('/') })
      else plain.set(`${route.method} ${path}`, route)
    }
  }
  return (method, given) => {
    const path = `/${given.replace(/^\/+/, '')}`
    const route = plain.get(`${method} ${path}`)
    if (route) return { route, params: {} }
    const parts = path.split('/')
    for (const pattern of patterns) {
      if (pattern.route.method !== method) continue
      const params = matchParts(pattern.parts, parts)
      if (params) return { route: pattern.route, params }
    }
    throw new MlopsError({
      kind: 'not-found',
      code: 'mlflow.no-endpoint',
      message: `API not found for ${method} ${path.slice(0, 200)}`,
    })
  }
}

function matchParts(
  wanted: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [i, want] of wanted.entries()) {
    if (want === '*') {
      const rest = parts.slice(i).join('/')
      if (rest === '') return undefined
      params['*'] = decodeOnce(rest)
      return params
    }
    const part = parts[i]
    if (part === undefined) return undefined
    if (want.startsWith(':')) {
      if (part === '') return undefined
      params[want.slice(1)] = decodeOnce(part)
    } else if (part !== want) return undefined
  }
  return parts.length === wanted.length ? params : undefined
}

/** The one decoding that a path gets. */
function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw mlflowInvalid('Invalid path')
  }
}
