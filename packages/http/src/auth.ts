import type { Actor, SubjectRef } from '@mlops/core'

/** How the host application says who is calling, and what they may do. */
export interface AuthPort {
  /** The caller, or null when the request carries no valid credentials. */
  authenticate(request: Request): Actor | null | Promise<Actor | null>
  /** Whether this actor may do this to that. */
  authorize(actor: Actor, action: string, subject: SubjectRef): boolean | Promise<boolean>
}

/** Lets nobody in: what a service does until it is told otherwise. */
export const denyAll: AuthPort = { authenticate: () => null, authorize: () => false }
