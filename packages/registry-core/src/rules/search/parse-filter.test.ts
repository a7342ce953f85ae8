import { isMlopsError } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { parseFilter, parseOrder } from './parse-filter.ts'
import type { SearchFields } from './search-fields.ts'
import {
  experimentFields,
  loggedModelFields,
  modelFields,
  runFields,
  versionFields,
} from './search-fields.ts'

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (isMlopsError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('filters that are read', () => {
  test.each<[SearchFields, string, readonly unknown[]]>([
    [runFields, '', []],
    [runFields, '   ', []],
    [runFields, 'metrics.acc > 0.5', [['metric', 'acc', '>', 0.5]]],
    [runFields, 'metric.acc<=-1.5e-3', [['metric', 'acc', '<=', -0.0015]]],
    [runFields, 'metrics.`val/acc 1`=.5', [['metric', 'val/acc 1', '=', 0.5]]],
    [runFields, 'metrics."a.b" != 1', [['metric', 'a.b', '!=', 1]]],
    [runFields, 'metrics.a.b.c >= 2', [['metric', 'a.b.c', '>=', 2]]],
    [runFields, 'metrics.acc > inf', [['metric', 'acc', '>', Number.POSITIVE_INFINITY]]],
    [runFields, 'metrics.acc=-Inf', [['metric', 'acc', '=', Number.NEGATIVE_INFINITY]]],
    [runFields, 'metrics.acc < +Infinity', [['metric', 'acc', '<', Number.POSITIVE_INFINITY]]],
    [runFields, 'metrics.inf != 1', [['metric', 'inf', '!=', 1]]],
    [runFields, "tags.inf-1 = 'inf'", [['tag', 'inf-1', '=', 'inf']]],
    [runFields, "params.lr = '0.1'", [['param', 'lr', '=', '0.1']]],
    [runFields, 'parameters.lr = "0.1"', [['param', 'lr', '=', '0.1']]],
    [runFields, `tags.x = 'it"s'`, [['tag', 'x', '=', 'it"s']]],
    [runFields, `tag.x like "%a'b_"`, [['tag', 'x', 'LIKE', "%a'b_"]]],
    [
      runFields,
      "tags.`mlflow.source.name` ILIKE 'A%'",
      [['tag', 'mlflow.source.name', 'ILIKE', 'A%']],
    ],
    [runFields, 'tags.x IS NULL', [['tag', 'x', 'IS NULL', undefined]]],
    [runFields, 'params.x is not null', [['param', 'x', 'IS NOT NULL', undefined]]],
    [runFields, "run_id IN ('a', 'b')", [['attribute', 'run_id', 'IN', ['a', 'b']]]],
    [runFields, "attributes.run_id not in ('a',)", [['attribute', 'run_id', 'NOT IN', ['a']]]],
    [runFields, "attr.status = 'RUNNING'", [['attribute', 'status', '=', 'RUNNING']]],
    [runFields, "run.`Run name` = 'x'", [['attribute', 'run_name', '=', 'x']]],
    [runFields, 'created > 5', [['attribute', 'start_time', '>', 5]]],
    [runFields, "dataset.name = 'd'", [['dataset', 'name', '=', 'd']]],
    [runFields, "datasets.digest IN ('a')", [['dataset', 'digest', 'IN', ['a']]]],
    [
      runFields,
      "metrics.a > 1 AND params.b = 'and' aNd tags.c != ''",
      [
        ['metric', 'a', '>', 1],
        ['param', 'b', '=', 'and'],
        ['tag', 'c', '!=', ''],
      ],
    ],
    [experimentFields, "attribute.name != 'a'", [['attribute', 'name', '!=', 'a']]],
    [
      modelFields,
      "tag.`mlflow.prompt.is_prompt` != 'true'",
      [['tag', 'mlflow.prompt.is_prompt', '!=', 'true']],
    ],
    [
      versionFields,
      "name='m' and version_number >= 2",
      [
        ['attribute', 'name', '=', 'm'],
        ['attribute', 'version_number', '>=', 2],
      ],
    ],
    [
      versionFields,
      "source_path = 'runs:/r/model'",
      [['attribute', 'source_path', '=', 'runs:/r/model']],
    ],
    [loggedModelFields, "status IN ('READY')", [['attribute', 'status', 'IN', ['READY']]]],
  ])('%#: %j', (fields, text, expected) => {
    const filter = parseFilter(text, fields)
    expect(
      filter.map(({ entity, key, operator, value }) => [entity, key, operator, value]),
    ).toEqual(expected)
  })
})

describe('filters that are refused', () => {
  test.each<[SearchFields, string]>([
    [runFields, 'metrics.acc'],
    [runFields, 'metrics.acc >'],
    [runFields, '> 1'],
    [runFields, "metrics.acc > '0.5'"],
    [runFields, 'metrics.acc != nan'],
    [runFields, 'metrics.acc > information'],
    [runFields, 'params.lr = inf'],
    [runFields, "metrics.acc LIKE 'x'"],
    [runFields, 'metrics.acc IS NULL'],
    [runFields, "metrics.acc IN ('1')"],
    [runFields, 'metrics.acc > 1 OR metrics.b > 1'],
    [runFields, 'metrics.acc > 1 metrics.b > 1'],
    [runFields, 'metrics.acc > 1 AND'],
    [runFields, '(metrics.acc > 1)'],
    [runFields, 'metrics.acc > 1; drop table registry_runs'],
    [runFields, 'params.lr = 0.1'],
    [runFields, 'params.lr = x'],
    [runFields, "params.lr > '1'"],
    [runFields, "params.lr IN ('1')"],
    [runFields, "params.lr = 'open"],
    [runFields, "acc.params = '1'"],
    [runFields, "model.name = 'x'"],
    [runFields, "'run_id' = 'x'"],
    [runFields, 'run_id IN ()'],
    [runFields, 'run_id IN (1)'],
    [runFields, "run_id IN 'a'"],
    [runFields, "status IN ('RUNNING')"],
    [runFields, "start_time = '5'"],
    [runFields, "attributes.nothing = 'x'"],
    [runFields, "attributes.__proto__ = 'x'"],
    [runFields, "constructor.x = 'x'"],
    [runFields, "dataset.source = 'x'"],
    [runFields, 'metrics.acc == 1'],
    [runFields, 'metrics.acc <> 1'],
    [runFields, 'metrics. > 1'],
    [runFields, '= = ='],
    [runFields, '%'],
    [experimentFields, 'metrics.acc > 1'],
    [experimentFields, "experiment_id = '1'"],
    [modelFields, 'tags.x IS NULL'],
    [modelFields, 'timestamp > 1'],
    [versionFields, "version_number = '2'"],
    [versionFields, "params.x = 'y'"],
    [loggedModelFields, "dataset.name = 'x'"],
  ])('%#: %j', (fields, text) => {
    expect(codeOf(() => parseFilter(text, fields))).toBe('registry.invalid-filter')
  })
})

test.each<[SearchFields, string, unknown]>([
  [runFields, 'metrics.acc DESC', { entity: 'metric', key: 'acc', descending: true }],
  [runFields, 'metrics.`a b` asc', { entity: 'metric', key: 'a b', descending: false }],
  [runFields, 'start_time', { entity: 'attribute', key: 'start_time', descending: false }],
  [runFields, 'Run name DESC', { entity: 'attribute', key: 'run_name', descending: true }],
  [modelFields, 'timestamp DESC', { entity: 'attribute', key: 'timestamp', descending: true }],
])('order %#: %j', (fields, text, expected) => {
  expect(parseOrder(text, fields)).toEqual(expected)
})

test.each<[SearchFields, string]>([
  [runFields, ''],
  [runFields, 'DESC'],
  [runFields, 'acc.x'],
  [runFields, 'metrics.acc DESC, x'],
  [runFields, 'dataset.name'],
  [runFields, 'nothing'],
  [modelFields, 'creation_timestamp; --'],
])('order refused %#: %j', (fields, text) => {
  expect(codeOf(() => parseOrder(text, fields))).toBe('registry.invalid-filter')
})
