import {
  beta,
  binomial,
  chiSquare,
  fDistribution,
  gamma,
  hypergeometric,
  kolmogorov,
  ksFiniteSample,
  normal,
  poisson,
  studentT,
} from '@mlops/stats'

const DISTRIBUTIONS: Readonly<Record<string, object>> = {
  normal,
  t: studentT,
  chi2: chiSquare,
  gamma,
  beta,
  f: fDistribution,
  kolm: kolmogorov,
  kstwo: ksFiniteSample,
  binomial,
  poisson,
  hypergeometric,
}

/** The functions of special-functions.json by the names used there: `normal.cdf`, `t.quantile`, … */
export const specialFunctions: Record<string, (...args: number[]) => number> = Object.fromEntries(
  Object.entries(DISTRIBUTIONS).flatMap(([name, distribution]) =>
    Object.entries(distribution).map(([method, f]) => [`${name}.${method}`, f]),
  ),
)
