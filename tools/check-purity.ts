// Library code takes time, chance and logs from its caller, names its exports one by one, and
// names its files after what is in them.
import { readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { conclude, filesBelow, root, workspacePackages } from './workspace.ts'

const RULES: readonly {
  readonly pattern: RegExp
  readonly says: string
  readonly except?: RegExp
}[] = [
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    says: 'reads the system clock; take a Clock',
    except: /core\/src\/clock\.ts$/,
  },
  { pattern: /\bMath\.random\(/, says: 'uses Math.random; take an Rng' },
  { pattern: /\bconsole\./, says: 'writes to the console; take a Logger' },
  { pattern: /\bprocess\.env\b/, says: 'reads the environment; take an option' },
  { pattern: /^export \*/m, says: 'uses `export *`; name what is exported' },
  { pattern: /\beval\(|new Function\(/, says: 'evaluates text as code' },
]

const faults: string[] = []
let count = 0
for (const { dir } of workspacePackages()) {
  for (const file of filesBelow(
    join(dir, 'src'),
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
  )) {
    count++
    const shown = relative(root, file)
    const code = withoutComments(readFileSync(file, 'utf8'))
    for (const { pattern, says, except } of RULES) {
      if (pattern.test(code) && !except?.test(file)) faults.push(`${shown} ${says}`)
    }
    if (/^(utils?|helpers?|common|types|misc)\.ts$/.test(basename(file))) {
      faults.push(`${shown} is named after no concept`)
    }
  }
}
conclude(
  'check-purity',
  faults,
  `${count} source files take clock, chance, logs and settings from their caller`,
)

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
