import * as z from 'zod'
import { isInstant } from './instant.ts'

/** Where a facet may stand. */
export type FacetScope = 'run' | 'job' | 'dataset' | 'input' | 'output'

const text = z.string()
const instant = z.string().refine(isInstant, 'not a date-time')
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'not a uuid')
const list = (shape: z.ZodRawShape) => z.array(z.looseObject(shape))
const integer = z.number().int()

const job = z.looseObject({ namespace: text, name: text })
const run = z.looseObject({ runId: uuid })
const columnMetrics = {
  columnMetrics: z.record(text, z.looseObject({})),
  rowCount: integer.optional(),
  bytes: integer.optional(),
}
const statistics = {
  rowCount: integer.optional(),
  size: integer.optional(),
  fileCount: integer.optional(),
}
const assertions = list({ assertion: text, success: z.boolean(), column: text.optional() })
const tags = { tags: list({ key: text, value: text }).optional() }
const owners = { owners: list({ name: text, type: text.optional() }).optional() }
const columnInput = list({ namespace: text, name: text, field: text })
const condition = z.looseObject({})

type Known = readonly [title: string, version: string, shape: z.ZodRawShape]

/** The facets that the specification defines: title, version, and the members it asks for. */
const KNOWN: Readonly<Record<FacetScope, Readonly<Record<string, Known>>>> = {
  run: {
    parent: ['ParentRunFacet', '1-2-0', { run, job, root: z.looseObject({ run, job }).optional() }],
    nominalTime: [
      'NominalTimeRunFacet',
      '1-0-1',
      { nominalStartTime: instant, nominalEndTime: instant.optional() },
    ],
    errorMessage: ['ErrorMessageRunFacet', '1-0-1', { message: text, programmingLanguage: text }],
    processing_engine: ['ProcessingEngineRunFacet', '1-1-1', { version: text }],
    externalQuery: ['ExternalQueryRunFacet', '1-0-2', { externalQueryId: text, source: text }],
    extractionError: [
      'ExtractionErrorRunFacet',
      '1-1-2',
      { totalTasks: integer, failedTasks: integer, errors: list({ errorMessage: text }) },
    ],
    environmentVariables: [
      'EnvironmentVariablesRunFacet',
      '1-0-0',
      { environmentVariables: list({ name: text, value: text }) },
    ],
    executionParameters: [
      'ExecutionParametersRunFacet',
      '1-0-0',
      { parameters: list({ key: text }).optional() },
    ],
    jobDependencies: ['JobDependenciesRunFacet', '1-0-1', {}],
    tags: ['TagsRunFacet', '1-0-0', tags],
    test: ['TestRunFacet', '1-0-1', { tests: list({ name: text, status: text }) }],
  },
  job: {
    sql: ['SQLJobFacet', '1-1-0', { query: text, dialect: text.optional() }],
    sourceCode: ['SourceCodeJobFacet', '1-0-1', { language: text, sourceCode: text }],
    sourceCodeLocation: ['SourceCodeLocationJobFacet', '1-1-0', { type: text, url: text }],
    jobType: ['JobTypeJobFacet', '2-0-4', { processingType: text, integration: text }],
    documentation: ['DocumentationJobFacet', '1-1-0', { description: text }],
    ownership: ['OwnershipJobFacet', '1-0-1', owners],
    tags: ['TagsJobFacet', '1-0-0', tags],
  },
  dataset: {
    schema: ['SchemaDatasetFacet', '1-2-0', { fields: list({ name: text }).optional() }],
    columnLineage: [
      'ColumnLineageDatasetFacet',
      '1-2-0',
      {
        fields: z.record(text, z.looseObject({ inputFields: columnInput })),
        dataset: columnInput.optional(),
      },
    ],
    version: ['DatasetVersionDatasetFacet', '1-0-1', { datasetVersion: text }],
    symlinks: [
      'SymlinksDatasetFacet',
      '1-0-1',
      { identifiers: list({ namespace: text, name: text, type: text }).optional() },
    ],
    dataSource: ['DatasourceDatasetFacet', '1-0-1', {}],
    ownership: ['OwnershipDatasetFacet', '1-0-1', owners],
    tags: ['TagsDatasetFacet', '1-0-0', tags],
    documentation: ['DocumentationDatasetFacet', '1-1-0', { description: text }],
    storage: ['StorageDatasetFacet', '1-0-1', { storageLayer: text }],
    lifecycleStateChange: [
      'LifecycleStateChangeDatasetFacet',
      '1-0-1',
      {
        lifecycleStateChange: z.enum([
          'ALTER',
          'CREATE',
          'DROP',
          'OVERWRITE',
          'RENAME',
          'TRUNCATE',
        ]),
      },
    ],
    datasetType: ['DatasetTypeDatasetFacet', '1-0-1', { datasetType: text }],
    catalog: ['CatalogDatasetFacet', '1-1-0', { framework: text, type: text, name: text }],
    hierarchy: ['HierarchyDatasetFacet', '1-0-0', { hierarchy: list({ type: text, name: text }) }],
    dataQualityMetrics: ['DataQualityMetricsDatasetFacet', '1-0-0', columnMetrics],
    dataQualityAssertions: ['DataQualityAssertionsDatasetFacet', '1-1-0', { assertions }],
  },
  input: {
    dataQualityMetrics: ['DataQualityMetricsInputDatasetFacet', '1-0-3', columnMetrics],
    dataQualityAssertions: ['DataQualityAssertionsDatasetFacet', '1-1-0', { assertions }],
    inputStatistics: ['InputStatisticsInputDatasetFacet', '1-0-0', statistics],
    subset: ['BaseSubsetDatasetFacet', '1-0-0', { inputCondition: condition }],
  },
  output: {
    outputStatistics: ['OutputStatisticsOutputDatasetFacet', '1-0-2', statistics],
    subset: ['BaseSubsetDatasetFacet', '1-0-0', { outputCondition: condition }],
  },
}

const SCHEMAS = new Map<string, z.ZodType>(
  Object.entries(KNOWN).flatMap(([scope, facets]) =>
    Object.entries(facets).map(
      ([name, [, , shape]]) => [`${scope}.${name}`, z.looseObject(shape)] as const,
    ),
  ),
)

/** The shape that the specification asks of a facet; undefined for custom ones. */
export function facetSchema(scope: FacetScope, name: string): z.ZodType | undefined {
  return SCHEMAS.get(`${scope}.${name}`)
}

/** The schema URL that an emitter puts into a facet. */
export function facetSchemaUrl(scope: FacetScope, name: string): string {
  const known = Object.hasOwn(KNOWN[scope], name) ? KNOWN[scope][name] : undefined
  if (known === undefined)
    return 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/BaseFacet'
  const [title, version] = known
  return `https://openlineage.io/spec/facets/${version}/${title}.json#/$defs/${title}`
}
