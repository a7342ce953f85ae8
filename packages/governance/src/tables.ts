import type { Migration } from '@mlops/store'

/** The tables of governance, as the queries see them. */
export interface GovernanceTables {
  governance_use_cases: {
    name: string
    revision: number
    tier: string
    classification: string
    classified_at: string
  }
  governance_releases: {
    subject: string
    digest: string
    use_case: string
    authors: string
    related_subjects: string
    submitted_at: string
  }
  governance_evidence: {
    digest: string
    subject: string
    kind: string
    produced_at: string
    document: string
  }
  governance_sign_offs: {
    subject: string
    digest: string
    gate: string
    at: string
    id: string
    document: string
  }
  governance_waivers: {
    subject: string
    digest: string
    gate: string
    at: string
    id: string
    document: string
  }
  governance_delegations: { id: string; role: string; document: string }
}

/** Governance's schema, oldest step first. */
export const governanceMigrations: readonly Migration[] = [
  {
    id: '0001-governance',
    up: ({ text, integer, strict }) => [
      `create table governance_use_cases (
        name ${text} not null primary key,
        revision ${integer} not null,
        tier ${text} not null,
        classification ${text} not null,
        classified_at ${text} not null
      ) ${strict}`,
      `create table governance_releases (
        subject ${text} not null,
        digest ${text} not null,
        use_case ${text} not null references governance_use_cases (name),
        authors ${text} not null,
        related_subjects ${text} not null,
        submitted_at ${text} not null,
        primary key (subject, digest)
      ) ${strict}`,
      `create table governance_evidence (
        digest ${text} not null primary key,
        subject ${text} not null,
        kind ${text} not null,
        produced_at ${text} not null,
        document ${text} not null
      ) ${strict}`,
      'create index governance_evidence_subject on governance_evidence (subject, kind, produced_at)',
      ...['sign_offs', 'waivers'].map(
        (name) => `create table governance_${name} (
        id ${text} not null primary key,
        subject ${text} not null,
        digest ${text} not null,
        gate ${text} not null,
        at ${text} not null,
        document ${text} not null,
        foreign key (subject, digest) references governance_releases (subject, digest)
      ) ${strict}`,
      ),
      'create index governance_sign_offs_release on governance_sign_offs (subject, digest, gate, at)',
      'create index governance_waivers_release on governance_waivers (subject, digest, gate, at)',
      `create table governance_delegations (
        id ${text} not null primary key,
        role ${text} not null,
        document ${text} not null
      ) ${strict}`,
    ],
  },
]
