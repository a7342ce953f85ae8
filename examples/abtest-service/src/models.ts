/** What a delivery is like when its time is asked for. */
export interface Delivery {
  readonly distanceKm: number
  readonly hour: number
}

/** Minutes that a delivery takes. */
export type DeliveryModel = (delivery: Delivery) => number

/** In production: knows the distance. */
export const champion: DeliveryModel = ({ distanceKm }) => 12 + 2.1 * distanceKm

/** In shadow: knows the rush hours, too. */
export const challenger: DeliveryModel = ({ distanceKm, hour }) => 10 + 2 * distanceKm + (rushHour(hour) ? 6 : 0)

export function rushHour(hour: number): boolean {
  return (hour >= 7 && hour <= 9) || (hour >= 16 && hour <= 18)
}
