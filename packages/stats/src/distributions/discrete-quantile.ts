/**
 * The smallest whole k in [least, most] for which `reached(k)` holds, where it holds from some k on.
 * `guess` may be anything; the search doubles its step from there and then bisects.
 */
export function smallestReached(
  reached: (k: number) => boolean,
  guess: number,
  least: number,
  most: number,
): number {
  const start = Math.min(most, Math.max(least, Math.floor(guess)))
  let no = start
  let yes = start
  if (reached(start)) {
    for (let step = 1; ; step *= 2) {
      if (yes === least) return least
      no = Math.max(least, yes - step)
      if (!reached(no)) break
      yes = no
    }
  } else {
    for (let step = 1; ; step *= 2) {
      if (no >= most) return most
      yes = Math.min(most, no + step)
      if (reached(yes)) break
      no = yes
    }
  }
  while (yes - no > 1) {
    const middle = Math.floor((yes + no) / 2)
    if (reached(middle)) yes = middle
    else no = middle
  }
  return yes
}
