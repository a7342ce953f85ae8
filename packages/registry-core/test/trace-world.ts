import type { Actor } from '@mlops/core'
import type { Registry } from '../src/index.ts'

export const by: Actor = { type: 'service', id: 'app' }
export const source = { type: 'human', id: 'ada' } as const

export async function experiment({ experiments }: Registry, name = 'app'): Promise<string> {
  return (await experiments.create({ name, artifactLocation: 'mlflow-artifacts:/{id}', by })).id
}

/** The ids of all that is found. */
export async function allPages(
  { traces }: Registry,
  request: Parameters<Registry['traces']['search']>[0],
): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = await traces.search({ ...request, ...(cursor !== undefined && { cursor }) })
    found.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return found
}
