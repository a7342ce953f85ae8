import type { Manifest, ModelVersion } from '@mlops/registry-core'
import type { LogEntry } from '@mlops/store'
import type { Section } from '../document.ts'
import { readableTime, shortDigest } from '../readable.ts'

/**
 * A registered model version as a section: what it is, its files with their checksums, and what
 * happened to it.
 */
export function modelVersionSection({
  version,
  manifest,
  history = [],
}: {
  readonly version: ModelVersion
  readonly manifest: Manifest
  readonly history?: readonly LogEntry[]
}): Section {
  const { metadata } = version
  return {
    title: `Model ${version.model}, version ${version.version} (${version.semver})`,
    blocks: [
      {
        type: 'facts',
        items: [
          ['Stage', version.stage],
          ['Aliases', version.aliases.length > 0 ? version.aliases.join(', ') : null],
          [
            'Registered',
            `${readableTime(version.createdAt)} by ${version.createdBy.name ?? version.createdBy.id}`,
          ],
          ['Trained', metadata.trainedAt === undefined ? null : readableTime(metadata.trainedAt)],
          ['Dataset', metadata.datasetVersion ?? null],
          ['Manifest', shortDigest(manifest.digest)],
          ...Object.entries(metadata.metrics ?? {}).map(([name, value]) => [name, value] as const),
        ],
      },
      ...(metadata.intendedUse === undefined
        ? []
        : [{ type: 'paragraph', text: metadata.intendedUse } as const]),
      {
        type: 'grid',
        columns: ['File', 'Bytes', 'SHA-256'],
        rows: manifest.artifacts.map(({ path, size, digest }) => [
          path,
          size,
          digest.slice('sha256:'.length),
        ]),
      },
      ...(history.length > 0
        ? [
            {
              type: 'grid',
              columns: ['No.', 'When', 'Who', 'What'],
              rows: history.map(({ seq, at, actor, action, data }) => [
                seq,
                readableTime(at),
                actor.name ?? actor.id,
                `${action}${stageOf(data)}`,
              ]),
            } as const,
          ]
        : []),
    ],
  }
}

function stageOf(data: unknown): string {
  const { from, to, alias } = (data ?? {}) as { from?: unknown; to?: unknown; alias?: unknown }
  if (typeof to === 'string') return `: ${String(from)} → ${to}`
  return typeof alias === 'string' ? `: ${alias}` : ''
}
