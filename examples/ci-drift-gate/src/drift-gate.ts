// A build step: profiles a CSV file in one pass and compares it with the reference that was kept at training time.
//
//   drift-gate fit REFERENCE.csv --out reference.profile
//   drift-gate check CURRENT.csv --reference reference.profile [--junit FILE] [--markdown FILE] [--html FILE] [--ignore a,b]
//
// Exit code: 0 pass or warn, 1 drift (or, with --strict, anything but pass), 2 the check could not be made.
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isMlopsError } from '@mlops/core'
import { compareProfiles, profileBatches, profileFromBytes, profileToBytes, readCsv } from '@mlops/drift/profile'
import { toHtml, toJUnit, toMarkdown } from '@mlops/report'

const USAGE =
  'usage: drift-gate fit REFERENCE.csv --out FILE | drift-gate check CURRENT.csv --reference FILE [--junit FILE] [--markdown FILE] [--html FILE] [--ignore COLUMN,…] [--strict]'

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      reference: { type: 'string' },
      junit: { type: 'string' },
      markdown: { type: 'string' },
      html: { type: 'string' },
      ignore: { type: 'string', default: '' },
      strict: { type: 'boolean', default: false },
    },
  })
  const [command, file] = positionals
  if (command === 'fit' && file && values.out) {
    // A profile of any number of rows is a few hundred KB: it goes into the repository, beside the model.
    const profile = await profileBatches(readCsv(createReadStream(file)))
    writeFileSync(values.out, profileToBytes(profile))
    console.log(`${profile.rowCount} rows, ${profile.columns.length} columns → ${values.out}`)
    return 0
  }
  if (command !== 'check' || !file || !values.reference) throw new Error(USAGE)

  const reference = profileFromBytes(readFileSync(values.reference))
  const types = Object.fromEntries(reference.columns.map(({ name, type }) => [name, type]))
  const current = await profileBatches(readCsv(createReadStream(file), { types }))
  const ignore = values.ignore.split(',').filter((name) => name !== '')
  const report = compareProfiles(reference, current, { ignore })

  console.log(report)
  const title = `Drift of ${file}`
  if (values.junit) writeFileSync(values.junit, toJUnit(report, { name: title }))
  if (values.markdown) writeFileSync(values.markdown, toMarkdown(report, { title }))
  if (values.html) writeFileSync(values.html, toHtml(report, { title }))
  if (values.strict) return report.verdict === 'pass' ? 0 : 1
  return report.verdict === 'fail' ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(isMlopsError(error) ? `${error.code}: ${error.message}` : (error as Error).message)
  process.exitCode = 2
}
