/** Who did something: a person or a program. The host application vouches for it. */
export interface Actor {
  readonly type: 'human' | 'service'
  /** Stable identifier in the host's own directory. */
  readonly id: string
  /** Printed name. */
  readonly name?: string
  /** The roles that the host vouches for at this moment. */
  readonly roles?: readonly string[]
}
