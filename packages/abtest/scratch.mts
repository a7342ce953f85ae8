import * as d from './dist/design.js'

const p = (x: any) => console.log(typeof x === 'object' ? JSON.stringify(x) : x)
p(d.requiredUnits(d.designForMeans({ sd: 1, allocation: [2, 1, 1] }), { effect: 0.5 }).arms)
p(
  d.achievedPower(d.designForProportions({ control: 0.05 }), {
    units: [10_000, 10_000],
    effect: 0.01,
  }).power,
)
const r = d.designForRelativeLift({ mean: 10, sd: 62.5 })
p(d.detectableEffect(r, { units: [20000, 20000] }).effect)
p(d.detectableEffect(r, { units: [200, 200] }).status)
p(d.requiredUnits(d.designForMeans({ sd: 1, treatmentSd: 2 }), { effect: 0.5 }).total)
p(
  d.detectableEffect(d.designForProportions({ control: 0.5 }), { units: [50, 50], power: 0.9 })
    .effect,
)
p(d.requiredUnits(d.designForOddsRatio({ control: 0.15 }), { effect: 17 / 27 }).total)
const e = d.designForExactProportions({ control: 0.2 })
p(d.achievedPower(e, { units: [30, 30], effect: 0.4 }).power)
p(d.requiredUnits(e, { effect: 0.4 }).arms)
console.time('ex')
p(d.requiredUnits(d.designForExactProportions({ control: 0.2 }), { effect: 0.1 }).arms)
console.timeEnd('ex')
p(
  d.ratioVariance({
    numerator: { mean: 3, variance: 9 },
    denominator: { mean: 10, variance: 25 },
    covariance: 12,
  }),
)
p(
  d.requiredUnits(
    d.designForRatio({
      numerator: { mean: 3, variance: 9 },
      denominator: { mean: 10, variance: 25 },
      covariance: 12,
    }),
    { effect: 0.01 },
  ).total,
)
p(d.requiredUnits(d.designForQuantile({ quantile: 0.5, density: 0.3989 }), { effect: 0.1 }).total)
p(
  d.quantileDensity(
    Array.from({ length: 999 }, (_, i) => (i + 1) / 10),
    0.5,
  ),
)
p(d.requiredUnits(d.designForMannWhitney(), { effect: 0.06 }).total)
p(d.requiredUnits(d.designForMcNemar({ discordant: 0.23 }), { effect: 0.07 }).total)
p(d.requiredUnits(d.designForRelativeLift({ mean: 10, sd: 20 }), { effect: 0.05 }).total)
p(d.designEffect({ icc: 0.05, clusterSize: 20 }))
p(d.designEffect({ icc: 0.05, clusterSize: 20, sizeCv: 0.6 }))
p(d.requiredUnits(d.designForClusters({ sd: 1, icc: 0.05, clusterSize: 20 }), { effect: 0.3 }).arms)
p(d.requiredUnits(d.designForNonInferiority({ sd: 1 }), { effect: 0.25 }).total)
p(
  d.requiredUnits(d.designForNonInferiority({ control: 0.65, difference: 0.2, variance: 'wald' }), {
    effect: 0.1,
  }).arms,
)
p(d.requiredUnits(d.designForEquivalence({ control: 0.5 }), { effect: 0.1 }).arms)
p(d.requiredUnits(d.designForEquivalence({ sd: 1 }), { effect: 0.25 }).total)
const size = d.requiredUnits(d.designForProportions({ control: 0.05 }), { effect: 0.01 })
p(d.experimentDuration(size, { perDay: 3000, coverage: 0.5 }))
p(
  d
    .detectableEffectByWeek(
      d.designForProportions({ control: 0.05 }),
      { perDay: 1000 },
      { weeks: 3 },
    )
    .map((x: any) => x.effect),
)
for (const k of [2, 3, 4, 5])
  p([
    k,
    d.comparisonLevel({
      alpha: 0.05,
      alternative: 'two-sided',
      allocation: [1, ...new Array(k).fill(1)],
      correction: 'dunnett',
    }),
  ])
p(
  d.requiredUnits(d.designForMeans({ sd: 1, looks: { kind: 'group-sequential', looks: 5 } }), {
    effect: 0.2,
  }).arms,
)
p(
  d.requiredUnits(d.designForMeans({ sd: 1, looks: { kind: 'group-sequential', looks: 1 } }), {
    effect: 0.2,
  }).arms,
)
p(
  d.requiredUnits(
    d.designForMeans({ sd: 1, looks: { kind: 'asymptotic-sequence', tightestAt: 1000 } }),
    { effect: 0.2 },
  ),
)
p(
  d.detectableEffect(
    d.designForMeans({ sd: 1, looks: { kind: 'group-sequential', looks: 5 }, alternative: 'less' }),
    { units: [400, 400] },
  ).effect,
)
console.log(size)
