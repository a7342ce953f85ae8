// A user-visible change tells its users: every package whose source changed since its last release
// is named by a pending changeset.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conclude, root, workspacePackages } from './workspace.ts'

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

const pending = readdirSync(join(root, '.changeset'))
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => readFileSync(join(root, '.changeset', file), 'utf8'))

const faults: string[] = []
for (const { folder, manifest } of workspacePackages()) {
  const changelog = `packages/${folder}/CHANGELOG.md`
  const released = existsSync(join(root, changelog))
    ? git('log', '-1', '--format=%H', '--', changelog)
    : ''
  const changed = git(
    'log',
    '-1',
    '--format=%h',
    released ? `${released}..HEAD` : 'HEAD',
    '--',
    `packages/${folder}/src`,
  )
  const named = pending.some((text) => new RegExp(`^["']?${manifest.name}["']?:`, 'm').test(text))
  if (changed && !named) {
    faults.push(
      `${manifest.name} changed (last in ${changed}) but no changeset names it; run \`pnpm changeset\``,
    )
  }
}
conclude('check-changesets', faults, `${pending.length} pending, every changed package is named`)
