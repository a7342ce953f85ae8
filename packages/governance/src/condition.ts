import * as z from 'zod'

/** An answer that a condition can look at. */
export type Answer = string | number | boolean | readonly string[]

/** Answers by question id. A question without an entry is unanswered. */
export type Answers = Readonly<Record<string, Answer>>

/** A rule over answers as data: nothing in it is executed. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly question: string; readonly eq: string | number | boolean }
  | { readonly question: string; readonly includes: string }
  | { readonly question: string; readonly gte: number }
  | { readonly question: string; readonly answered: boolean }

/** The shape of a {@link Condition}. */
export const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(conditionSchema).min(1) }),
    z.strictObject({ any: z.array(conditionSchema).min(1) }),
    z.strictObject({ not: conditionSchema }),
    z.strictObject({ question: z.string(), eq: z.union([z.string(), z.number(), z.boolean()]) }),
    z.strictObject({ question: z.string(), includes: z.string() }),
    z.strictObject({ question: z.string(), gte: z.number() }),
    z.strictObject({ question: z.string(), answered: z.boolean() }),
  ]),
)

/**
 * Whether a condition holds: true, false, or `null` when an answer that would decide it is missing
 * (Kleene's three-valued logic: false wins in `all`, true wins in `any`).
 */
export function holds(condition: Condition, answers: Answers): boolean | null {
  if ('all' in condition) return conjunction(condition.all.map((part) => holds(part, answers)))
  if ('any' in condition) {
    const some = conjunction(condition.any.map((part) => negate(holds(part, answers))))
    return negate(some)
  }
  if ('not' in condition) return negate(holds(condition.not, answers))
  const answer = Object.hasOwn(answers, condition.question)
    ? answers[condition.question]
    : undefined
  if ('answered' in condition) return (answer !== undefined) === condition.answered
  if (answer === undefined) return null
  if ('eq' in condition) return answer === condition.eq
  if ('includes' in condition) {
    return Array.isArray(answer)
      ? answer.includes(condition.includes)
      : answer === condition.includes
  }
  return typeof answer === 'number' ? answer >= condition.gte : null
}

/** The questions that a condition looks at. */
export function questionsOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(questionsOf)
  if ('any' in condition) return condition.any.flatMap(questionsOf)
  if ('not' in condition) return questionsOf(condition.not)
  return [condition.question]
}

function conjunction(parts: readonly (boolean | null)[]): boolean | null {
  if (parts.includes(false)) return false
  return parts.includes(null) ? null : true
}

function negate(value: boolean | null): boolean | null {
  return value === null ? null : !value
}
