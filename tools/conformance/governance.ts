import { type Actor, canonicalJson, createEvidence, manualClock, sha256 } from '@mlops/core'
import {
  definePolicy,
  evaluateGate,
  faultsOfWaiver,
  inclusionProof,
  judgeSignOff,
  leafHash,
  merkleRoot,
  type PolicyInput,
  type SignOff,
  verifyInclusion,
} from '@mlops/governance'
import {
  benjaminiHochberg,
  bonferroni,
  chiSquareContingency,
  clopperPearson,
  holm,
  wilsonInterval,
} from '@mlops/stats'
import { entryHash, genesisHash, type LogEntry, verifyEntries } from '@mlops/store'

// biome-ignore lint/suspicious/noExplicitAny: every function has its own input.
type Input = Record<string, any>

const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const text = (value: string) => new TextEncoder().encode(value)

/** Eight leaves of the RFC 6962 test tree, to which the cases with a `base` refer. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex)
const HASHES = LEAVES.map(leafHash)

const DIGEST = `sha256:${'0'.repeat(64)}` as const
const person = (id: string, ...roles: string[]): Actor => ({ type: 'human', id, roles })
const signOff = (by: Actor, at: string): SignOff => ({
  gate: 'preprod',
  role: 'risk',
  by,
  digest: DIGEST,
  decision: 'approve',
  at,
})
const lent = (given: Input) => ({
  role: given['role'] ?? 'risk',
  from: given['frm'],
  to: given['to'],
  since: given['frm_'] ?? '2026-01-01',
  until: given['until'] ?? '2026-02-01',
})
const judged = (
  one: SignOff,
  { authors = [], delegations = [] }: { authors?: string[]; delegations?: Input[] },
) => {
  const { counts, ...rest } = judgeSignOff(one, {
    digest: DIGEST,
    authors,
    delegations: delegations.map(lent),
    signers: new Set(),
  })
  return { accepted: counts, ...rest }
}

const policyWith = (gate: Partial<PolicyInput['gates'][number]>) =>
  definePolicy({
    id: 'case',
    version: '1',
    effectiveFrom: '2026-01-01T00:00:00Z',
    roles: [{ id: 'risk', title: 'Risk' }],
    tiers: [{ id: 'high', title: 'High' }],
    questions: [
      {
        id: 'q',
        dimension: 'd',
        text: 'q?',
        choices: [
          { id: 'a', title: 'a', tier: 'high' },
          { id: 'b', title: 'b', tier: 'high' },
        ],
      },
    ],
    measures: [{ id: 'bias', title: 'Bias', step: 's', role: 'risk', evidence: 'fairness-report' }],
    gates: [{ id: 'preprod', title: 'Before production', requirements: {}, ...gate }],
  })
const subject = { type: 'model-version', name: 'churn', version: '1' } as const
const release = { subject, digest: DIGEST, tier: 'high', authors: ['ana'] }

/** The functions of governance.json that the packages answer. */
export const governanceMethods: Readonly<Record<string, (input: Input) => unknown>> = {
  'wilson95 / clopperPearson95': (input) => {
    const ends = ({ lower, upper }: { lower: number; upper: number }) => [lower, upper]
    const observed = { successes: input['successes'], n: input['n'] }
    return {
      wilson: ends(wilsonInterval(observed)),
      clopperPearson: ends(clopperPearson(observed)),
    }
  },
  'adjusted p-values for pairwise group tests': ({ p }) => ({
    bonferroni: bonferroni(p).adjusted,
    holm: holm(p).adjusted,
    benjaminiHochberg: benjaminiHochberg(p).adjusted,
  }),
  'chi-square of selection by race (2 races, COMPAS)': ({ table }) => {
    const { statistic, pValue, degreesOfFreedom } = chiSquareContingency(table)
    return { chi2: statistic, p: pValue, dof: degreesOfFreedom }
  },
  merkleRoots: ({ leavesHex }) => {
    const hashes = (leavesHex as string[]).map((leaf) => leafHash(fromHex(leaf)))
    return {
      rootsBySize: Array.from({ length: hashes.length + 1 }, (_, size) =>
        hex(merkleRoot(hashes.slice(0, size))),
      ),
      leafHashes: hashes.map(hex),
    }
  },
  inclusionProofs: ({ leavesHex, queries }) => {
    const hashes = (leavesHex as string[]).map((leaf) => leafHash(fromHex(leaf)))
    return Object.fromEntries(
      (queries as [number, number][]).map(([index, size]) => [
        `${index}/${size}`,
        inclusionProof(hashes.slice(0, size), index).map(hex),
      ]),
    )
  },
  'inclusion proof verification must reject': ({ mutations }) => ({
    accepted: (mutations as string[]).filter(acceptsProof),
  }),
  'inclusion proof does not bind the tree size': () => ({
    accepted: verifyInclusion(HASHES[5]!, 5, 7, inclusionProof(HASHES, 5), merkleRoot(HASHES)),
  }),
  'canonicalJson key order (UTF-16 code units)': (input) => ({
    keyOrder: [...canonicalJson(input).matchAll(/("(?:[^"\\]|\\.)*"):/g)].map(([, key]) =>
      JSON.parse(key!),
    ),
  }),
  'canonicalJson numbers (ECMAScript)': ({ jsonText }) => canonicalJson(JSON.parse(jsonText)),
  'hash chain: hash = SHA-256(JCS(entry + prev))': ({ genesis, entries }) => {
    const links: { canonical: string; hash: string }[] = []
    for (const entry of entries as object[]) {
      const canonical = canonicalJson({ ...entry, prev: links.at(-1)?.hash ?? genesis })
      links.push({ canonical, hash: hex(sha256(canonical)) })
    }
    const leaves = links.map(({ canonical }) => leafHash(text(canonical)))
    return {
      links,
      head: links.at(-1)!.hash,
      merkleRootOverCanonicalEntries: hex(merkleRoot(leaves)),
    }
  },
  'tampering located': async ({ mutations }) => {
    const found: Record<string, unknown> = {}
    for (const mutation of mutations as string[]) found[mutation] = await located(mutation)
    return found
  },
  'author cannot approve': ({ author, signer }) =>
    judged(signOff(person(signer, 'risk'), '2026-01-15'), { authors: [author] }),
  'delegation of a foreign role accepted, on behalf recorded': ({
    author,
    signer,
    delegation,
    at,
  }) => judged(signOff(person(signer), at), { authors: [author], delegations: [delegation] }),
  'expired delegation': ({ signer, delegation, at }) =>
    judged(signOff(person(signer), at), { delegations: [delegation] }),
  'chained delegation refused by default': ({ signer, delegations }) =>
    judged(signOff(person(signer), '2026-01-15'), {
      delegations: (delegations as [string, string][]).map(([frm, to]) => ({ frm, to })),
    }),
  'approval expires': ({ approvedAt, validDays, at }) => {
    const policy = policyWith({
      validDays,
      requirements: { high: { signOffs: [{ role: 'risk' }] } },
    })
    const { status, validUntil } = evaluateGate(
      policy,
      'preprod',
      { release, evidence: [], signOffs: [signOff(person('cy', 'risk'), approvedAt)] },
      { clock: manualClock(at) },
    )
    return { gate: status, expiresAt: validUntil?.slice(0, 10) }
  },
  'inconclusive evidence fails closed for blocking measures': ({ measure }) => {
    const clock = manualClock('2026-01-15T00:00:00Z')
    const evidence = createEvidence(
      {
        kind: 'fairness-report',
        subject,
        verdict: 'inconclusive',
        result: {},
        producedBy: { type: 'service', id: 'ci' },
      },
      { clock },
    )
    const policy = policyWith({ requirements: { high: { measures: [measure.id] } } })
    const { measures } = evaluateGate(
      policy,
      'preprod',
      { release, evidence: [evidence], signOffs: [] },
      { clock },
    )
    return { measure: measures[0]!.status === 'met' ? 'met' : 'unmet' }
  },
  'waiver needs accountable role, reason and expiry': ({ waiver, requiredRole }) => {
    const faults = faultsOfWaiver(
      { by: person(waiver.by, waiver.by), reason: waiver.reason, until: waiver.expiresAt },
      { role: requiredRole, now: Date.parse('2026-01-15') },
    )
    return { accepted: faults.length === 0, reasons: faults }
  },
}

/** Whether the proof of leaf 5 among 8 is still accepted after a mutation. */
function acceptsProof(mutation: string): boolean {
  const proof = inclusionProof(HASHES, 5)
  const root = merkleRoot(HASHES)
  const flipped = HASHES[5]!.slice()
  flipped[0]! ^= 1
  const attempts: Record<string, () => boolean> = {
    'flip one bit of leaf': () => verifyInclusion(flipped, 5, 8, proof, root),
    'index 4 instead of 5': () => verifyInclusion(HASHES[5]!, 4, 8, proof, root),
    'tree size 4': () => verifyInclusion(HASHES[5]!, 5, 4, proof, root),
    'tree size 16': () => verifyInclusion(HASHES[5]!, 5, 16, proof, root),
    'tree size 6': () => verifyInclusion(HASHES[5]!, 5, 6, proof, root),
    'drop last hash': () => verifyInclusion(HASHES[5]!, 5, 8, proof.slice(0, -1), root),
    'append a hash': () => verifyInclusion(HASHES[5]!, 5, 8, [...proof, HASHES[0]!], root),
    'swap first two hashes': () =>
      verifyInclusion(HASHES[5]!, 5, 8, [proof[1]!, proof[0]!, ...proof.slice(2)], root),
    'root of size 7': () =>
      verifyInclusion(HASHES[5]!, 5, 8, proof, merkleRoot(HASHES.slice(0, 7))),
    'leaf hashed without 0x00 prefix': () => verifyInclusion(sha256(LEAVES[5]!), 5, 8, proof, root),
    'index >= size': () => verifyInclusion(HASHES[5]!, 8, 8, proof, root),
    'empty proof': () => verifyInclusion(HASHES[5]!, 5, 8, [], root),
  }
  const attempt = attempts[mutation]
  if (attempt === undefined) throw new Error(`no such mutation is known: ${mutation}`)
  return attempt()
}

const REASONS: Readonly<Record<string, string>> = {
  changed: 'hash-mismatch',
  unlinked: 'prev-mismatch',
  missing: 'sequence',
}

/** Where our chain breaks after a mutation, in the terms of the cases: positions from 0. */
async function located(mutation: string): Promise<unknown> {
  const entries = mutated(chain(['assess', 'sign', 'deploy']), mutation)
  const verdict = await verifyEntries('audit', entries)
  if (verdict.status === 'broken') {
    return { firstBadPosition: verdict.entries, reason: REASONS[verdict.problem] }
  }
  const silent = mutation !== 'untouched'
  return { firstBadPosition: null, reason: silent ? 'undetected-by-chain' : 'ok' }
}

function chain(actions: readonly string[], from: readonly LogEntry[] = []): LogEntry[] {
  const entries = [...from]
  for (const action of actions) {
    const content = {
      seq: entries.length + 1,
      at: '2026-01-05T09:00:00.000Z',
      actor: person('ana'),
      action,
      subject,
      data: {},
      prev: entries.at(-1)?.hash ?? genesisHash('audit'),
    }
    entries.push({ ...content, hash: entryHash(content) })
  }
  return entries
}

function mutated(entries: readonly LogEntry[], mutation: string): LogEntry[] {
  const [a, b, c] = entries as [LogEntry, LogEntry, LogEntry]
  const edited = { ...b, data: { decision: 'reject' } }
  const attempts: Record<string, LogEntry[]> = {
    untouched: [a, b, c],
    'edit data of seq 1, keep its hash': [a, edited, c],
    'edit seq 1 and recompute its hash': [a, { ...edited, hash: entryHash(edited) }, c],
    'delete seq 1': [a, c],
    'swap seq 1 and 2': [a, c, b],
    'insert a copy of seq 1': [a, b, b, c],
    'truncate the tail': [a, b],
    'rewrite everything from seq 1': chain(['other', 'more'], [a]),
  }
  const result = attempts[mutation]
  if (result === undefined) throw new Error(`no such mutation is known: ${mutation}`)
  return result
}
