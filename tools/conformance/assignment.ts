import {
  type Attributes,
  assignSticky,
  type Condition,
  chooseRange,
  createAssigner,
  type Experiment,
  equalWeights,
  growthbookHash,
  growthbookRanges,
  inGrowthbookNamespace,
  md5Shard,
  memoryStickyStore,
  type StickyDocument,
  unleashNormalized,
} from '@mlops/abtest/assignment'
import type { ConformanceCase, Method } from './case.ts'

/** The assignment hashes of abtest.json. */
export const assignmentMethods: Readonly<Record<string, Method>> = {
  md5_shard: ({ input, params }) => ({
    shards: input['inputs'].map((text: string) => md5Shard(text, params['shards'])),
  }),
  murmur3_32_normalized: ({ input, params }) => ({
    value: input['pairs'].map(([id, group]: [string, string]) =>
      unleashNormalized(id, group, params['normalizer'], params['seed']),
    ),
  }),
}

// biome-ignore lint/suspicious/noExplicitAny: vectors are tuples, each section with its own.
type Vector = any[]

/** The cases of growthbook.json: one list of vectors for each function. */
export function growthbookCases(content: Readonly<Record<string, Vector[]>>): ConformanceCase[] {
  return Object.entries(ANSWERS).flatMap(([method, answer]) =>
    (content[method] ?? []).map((vector, at) => {
      const { expected, actual } = answer(vector)
      const id = typeof vector[0] === 'string' ? `${at} ${vector[0]}` : String(at)
      return { file: 'growthbook', id, method, expected, tolerance: 1e-6, actual }
    }),
  )
}

type Answer = (vector: Vector) => { readonly expected: unknown; readonly actual: () => unknown }

const ANSWERS: Readonly<Record<string, Answer>> = {
  hash: ([seed, value, version, expected]) => ({
    expected,
    actual: () => growthbookHash(seed, value, version),
  }),
  getBucketRange: ([, [variations, coverage, weights], expected]) => ({
    expected,
    actual: () => growthbookRanges(variations, coverage, weights ?? undefined),
  }),
  chooseVariation: ([, n, ranges, expected]) => ({
    expected,
    actual: () => chooseRange(n, ranges),
  }),
  inNamespace: ([, value, [name, from, to], expected]) => ({
    expected,
    actual: () => inGrowthbookNamespace(value, name, [from, to]),
  }),
  getEqualWeights: ([n, expected]) => ({ expected, actual: () => equalWeights(n) }),
  stickyBucket: ([, context, stored, feature, expected, documents]) => ({
    expected: { result: expected, documents },
    actual: () => evaluate(context, stored, feature),
  }),
}

interface StoredDocument {
  readonly attributeName: string
  readonly attributeValue: string
  readonly assignments: Record<string, string>
}

/** Evaluates a GrowthBook feature whose one rule is an experiment, in the words of its SDK. */
function evaluate(context: Vector[number], stored: StoredDocument[], feature: string) {
  const rule = context['features'][feature].rules[0]
  const store = memoryStickyStore(
    stored.map(({ attributeName, attributeValue, assignments }): StickyDocument => {
      return { attribute: attributeName, value: attributeValue, assignments }
    }),
  )
  const keys: string[] = rule.variations.map(
    (_: unknown, at: number) => rule.meta?.[at]?.key ?? String(at),
  )
  const experiment: Experiment = {
    key: rule.key ?? feature,
    arms: keys.map((key, at) => ({ key, ...(rule.weights && { weight: rule.weights[at] }) })),
    algorithm: (rule.hashVersion ?? 1) === 2 ? 'growthbook-v2' : 'growthbook-v1',
    coverage: rule.coverage ?? 1,
    salts: { variant: rule.seed ?? rule.key ?? feature },
    unit: rule.hashAttribute ?? 'id',
    ...(rule.fallbackAttribute && { fallbackUnit: rule.fallbackAttribute }),
    ...(rule.condition && { condition: conditionOf(rule.condition) }),
    ...(rule.namespace && {
      namespace: { name: rule.namespace[0], ranges: [rule.namespace.slice(1)] },
    }),
    sticky: rule.disableStickyBucketing
      ? 'off'
      : { version: rule.bucketVersion ?? 0, blockBelow: rule.minBucketVersion ?? 0 },
  }
  const { arm, unit, reason, bucket } = assignSticky(
    createAssigner(experiment),
    context['attributes'] as Attributes,
    { store },
  )
  const at = arm === null ? -1 : keys.indexOf(arm)
  return {
    result:
      arm === null || unit === null
        ? null
        : {
            bucket,
            featureId: feature,
            hashAttribute: unit.attribute,
            hashUsed: true,
            hashValue: unit.value,
            inExperiment: true,
            key: arm,
            stickyBucketUsed: reason === 'sticky',
            value: rule.variations[at],
            variationId: at,
          },
    documents: Object.fromEntries(
      store
        .documents()
        .map(({ attribute, value, assignments }) => [
          `${attribute}||${value}`,
          { attributeName: attribute, attributeValue: value, assignments },
        ]),
    ),
  }
}

/** Of GrowthBook's conditions the plain equalities, which is what the vectors hold. */
function conditionOf(condition: Record<string, string | number | boolean>): Condition {
  return {
    and: Object.entries(condition).map(([attribute, value]) => ({ attribute, op: 'eq', value })),
  }
}
