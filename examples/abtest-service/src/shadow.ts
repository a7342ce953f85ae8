import type { Clock, Logger } from '@mlops/core'
import { isoTime } from '@mlops/core'
import type { Store } from '@mlops/store'
import { conflict } from './errors.ts'
import { recordOf } from './experiment-record.ts'
import type { Delivery, DeliveryModel } from './models.ts'
import type { Tables } from './tables.ts'

/** A champion that answers and a challenger that only watches, on the same requests. */
export interface Shadow {
  /** The answer: the champion's while the experiment runs, then that of the model it was stopped for. */
  predict(key: string, id: string, delivery: Delivery): Promise<{ minutes: number; model: string }>
  /** What turned out to be true; requests that are unknown, or known to be settled, are counted and left out. */
  settle(
    key: string,
    truths: readonly { readonly id: string; readonly value: number }[],
  ): Promise<{ kept: number; left: number }>
}

export function createShadow({
  store,
  clock,
  logger,
  champion,
  challenger,
}: {
  readonly store: Store<Tables>
  readonly clock: Clock
  readonly logger: Logger
  readonly champion: DeliveryModel
  readonly challenger: DeliveryModel
}): Shadow {
  /** Whatever goes wrong in the shadow, the request is answered. */
  function shadowed(delivery: Delivery): number | null {
    try {
      const minutes = challenger(delivery)
      return Number.isFinite(minutes) ? minutes : null
    } catch (error) {
      logger.warn({ err: error }, 'the challenger failed')
      return null
    }
  }

  async function shadowOf(key: string) {
    const record = await recordOf(store.query, key)
    if (record.assignment === null) return record
    throw conflict('experiments.no-shadow', `'${key}' deals its units; ask for an assignment`, { key })
  }

  return {
    async predict(key, id, delivery) {
      const { decided } = await shadowOf(key)
      if (decided === 'treatment') return { minutes: challenger(delivery), model: 'challenger' }
      const minutes = champion(delivery)
      if (decided === null)
        await store.query
          .insertInto('predictions')
          .values({
            experiment: key,
            id,
            champion: minutes,
            challenger: shadowed(delivery),
            truth: null,
            at: isoTime(clock),
          })
          .onConflict((on) => on.doNothing())
          .execute()
      return { minutes, model: 'champion' }
    },

    async settle(key, truths) {
      await shadowOf(key)
      return await store.transaction(async (tx) => {
        let kept = 0
        for (const { id, value } of truths) {
          const { numUpdatedRows } = await tx
            .updateTable('predictions')
            .set({ truth: value })
            .where('experiment', '=', key)
            .where('id', '=', id)
            .where('truth', 'is', null)
            .executeTakeFirst()
          kept += Number(numUpdatedRows)
        }
        return { kept, left: truths.length - kept }
      })
    },
  }
}
