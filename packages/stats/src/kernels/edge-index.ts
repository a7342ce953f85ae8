/** The number of edges <= x: the bin of x. */
export function edgeIndex(x: number, edges: ArrayLike<number>): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (edges[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}
