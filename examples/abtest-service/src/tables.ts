import type { Migration } from '@mlops/store'

/** What the service keeps. Documents are JSON text; one row per unit, per request, per choice. */
export interface Tables {
  experiments: {
    key: string
    plan: string
    /** Who takes part and with which shares; null where each unit is under both arms. */
    assignment: string | null
    /** `conversion`: a unit without an outcome counts as 0. `value`: its outcome is missing. */
    outcome: 'conversion' | 'value'
    readout: string | null
    evidence: string | null
    /** The arm that everybody gets once the experiment is over. */
    decided: string | null
  }
  exposures: { experiment: string; unit: string; arm: string; at: string }
  outcomes: { experiment: string; unit: string; value: number; at: string }
  predictions: {
    experiment: string
    id: string
    champion: number
    /** Null when the challenger failed. */
    challenger: number | null
    truth: number | null
    at: string
  }
  bandits: { name: string; state: string }
  choices: { id: string; bandit: string; arm: string; propensity: number; reward: number | null; at: string }
}

export const migrations: readonly Migration[] = [
  {
    id: '0001-experiments',
    up: ({ text, real, strict }) => [
      `create table experiments (
        key ${text} primary key, plan ${text} not null, assignment ${text}, outcome ${text} not null,
        readout ${text}, evidence ${text}, decided ${text}
      ) ${strict}`,
      `create table exposures (
        experiment ${text} not null references experiments, unit ${text} not null,
        arm ${text} not null, at ${text} not null, primary key (experiment, unit)
      ) ${strict}`,
      `create table outcomes (
        experiment ${text} not null, unit ${text} not null, value ${real} not null, at ${text} not null,
        primary key (experiment, unit),
        foreign key (experiment, unit) references exposures (experiment, unit)
      ) ${strict}`,
      `create table predictions (
        experiment ${text} not null references experiments, id ${text} not null,
        champion ${real} not null, challenger ${real}, truth ${real}, at ${text} not null,
        primary key (experiment, id)
      ) ${strict}`,
      `create table bandits (name ${text} primary key, state ${text} not null) ${strict}`,
      `create table choices (
        id ${text} primary key, bandit ${text} not null references bandits, arm ${text} not null,
        propensity ${real} not null, reward ${real}, at ${text} not null
      ) ${strict}`,
    ],
  },
]
