export type {
  Binning,
  BinningRule,
  CategoryBinning,
  NumericBinning,
} from './binning/binning.ts'
export { binLabels, checkBinning } from './binning/binning.ts'
export type { BinCounts } from './binning/count-bins.ts'
export { countBins, countBinsTogether } from './binning/count-bins.ts'
export { equalCountRanges } from './binning/equal-count.ts'
export type { CategoryBinningOptions } from './binning/fit-categories.ts'
export { categoryBinning } from './binning/fit-categories.ts'
export type { HistogramRule, NumericBinningOptions } from './binning/fit-numeric.ts'
export {
  binningOfQuantiles,
  equalWidthBinning,
  explicitBinning,
  histogramBinning,
  quantileBinning,
} from './binning/fit-numeric.ts'
export type { BinnedPair, PairBinning } from './binning/pair-binning.ts'
export { binPair } from './binning/pair-binning.ts'
export type { ThresholdLimits, ThresholdRule } from './control-limits/threshold.ts'
export { checkThresholdRule, thresholdLimits } from './control-limits/threshold.ts'
export type { ConventionName, MeasureConvention } from './conventions/conventions.ts'
export { conventions } from './conventions/conventions.ts'
export { correlation, covariance } from './descriptive/association.ts'
export type { Description } from './descriptive/describe.ts'
export {
  describe,
  describeWithQuantiles,
  geometricMean,
  medianAbsoluteDeviation,
} from './descriptive/describe.ts'
export { median, quantile, quantiles } from './descriptive/quantiles.ts'
export { bhattacharyyaDistance } from './distances/bhattacharyya.ts'
export type { CramersVOptions } from './distances/cramers-v.ts'
export { cramersV, poolRareCategories } from './distances/cramers-v.ts'
export { energyDistance } from './distances/energy.ts'
export { hellinger } from './distances/hellinger.ts'
export type { InterpolatedSharesOptions } from './distances/interpolated-shares.ts'
export { interpolatedShares } from './distances/interpolated-shares.ts'
export type { JensenShannonOptions } from './distances/jensen-shannon.ts'
export { jensenShannonDistance, jensenShannonDivergence } from './distances/jensen-shannon.ts'
export type { KlOptions } from './distances/kl.ts'
export { kl } from './distances/kl.ts'
export { ksDistance, kuiperDistance } from './distances/ks-distance.ts'
export type { LInfinityOptions } from './distances/l-infinity.ts'
export { lInfinity } from './distances/l-infinity.ts'
export type { PsiOptions } from './distances/psi.ts'
export { psi } from './distances/psi.ts'
export type { PsiOfSamplesOptions } from './distances/psi-of-samples.ts'
export { psiOfSamples } from './distances/psi-of-samples.ts'
export type { SharePair } from './distances/shares.ts'
export { shares } from './distances/shares.ts'
export type { SmoothedShares, Smoothing } from './distances/smoothing.ts'
export { smoothedShares, smoothingPresets } from './distances/smoothing.ts'
export { totalVariation } from './distances/total-variation.ts'
export type {
  AlignedHistograms,
  Bucket,
  UniformHistogram,
} from './distances/uniform-histogram.ts'
export { alignHistograms, rebinHistogram } from './distances/uniform-histogram.ts'
export type { Wasserstein1NormedOptions } from './distances/wasserstein.ts'
export { wasserstein1, wasserstein1Normed } from './distances/wasserstein.ts'
export { beta } from './distributions/beta.ts'
export { binomial } from './distributions/binomial.ts'
export { chiSquare } from './distributions/chi-square.ts'
export { fDistribution } from './distributions/f-distribution.ts'
export { gamma } from './distributions/gamma.ts'
export { hypergeometric } from './distributions/hypergeometric.ts'
export { kolmogorov } from './distributions/kolmogorov.ts'
export { ksFiniteSample } from './distributions/ks-finite-sample.ts'
export { ksTwoSample } from './distributions/ks-two-sample.ts'
export { normal } from './distributions/normal.ts'
export { poisson } from './distributions/poisson.ts'
export { studentT } from './distributions/student-t.ts'
export type {
  AnalysisOfVarianceOptions,
  AnalysisOfVarianceResult,
} from './hypothesis/analysis-of-variance.ts'
export { analysisOfVariance } from './hypothesis/analysis-of-variance.ts'
export type {
  AndersonDarlingOptions,
  AndersonDarlingResult,
} from './hypothesis/anderson-darling.ts'
export { andersonDarlingKSample } from './hypothesis/anderson-darling.ts'
export type { BrunnerMunzelResult } from './hypothesis/brunner-munzel.ts'
export { brunnerMunzel } from './hypothesis/brunner-munzel.ts'
export type {
  ChiSquareContingencyOptions,
  ContingencyResult,
} from './hypothesis/chi-square-contingency.ts'
export { chiSquareContingency } from './hypothesis/chi-square-contingency.ts'
export { chiSquareGoodnessOfFit } from './hypothesis/chi-square-goodness-of-fit.ts'
export type {
  ChiSquareOptions,
  ChiSquareResult,
  ChiSquareStatistic,
} from './hypothesis/chi-square-result.ts'
export type { CramerVonMisesOptions, CramerVonMisesResult } from './hypothesis/cramer-von-mises.ts'
export { cramerVonMises } from './hypothesis/cramer-von-mises.ts'
export type { EppsSingletonOptions, EppsSingletonResult } from './hypothesis/epps-singleton.ts'
export { eppsSingleton } from './hypothesis/epps-singleton.ts'
export type { FisherOptions, FisherResult, TwoByTwo } from './hypothesis/fisher-exact.ts'
export { fisherExact } from './hypothesis/fisher-exact.ts'
export type { KruskalWallisResult } from './hypothesis/kruskal-wallis.ts'
export { kruskalWallis } from './hypothesis/kruskal-wallis.ts'
export type { KsAndWasserstein } from './hypothesis/ks-and-wasserstein.ts'
export { ksAndWasserstein } from './hypothesis/ks-and-wasserstein.ts'
export type {
  KsDistanceFound,
  KsTestOptions,
  KsTestResult,
} from './hypothesis/ks-two-sample.ts'
export { ksTestOfDistance, ksTwoSampleTest } from './hypothesis/ks-two-sample.ts'
export { kuiper } from './hypothesis/kuiper.ts'
export type { LeveneResult } from './hypothesis/levene.ts'
export { levene } from './hypothesis/levene.ts'
export type { MannWhitneyOptions, MannWhitneyResult } from './hypothesis/mann-whitney.ts'
export { mannWhitney } from './hypothesis/mann-whitney.ts'
export type { McNemarMethod, McNemarOptions, SignTestOptions } from './hypothesis/paired-binary.ts'
export { mcNemar, signTest } from './hypothesis/paired-binary.ts'
export type { PsiTestOptions, PsiTestResult } from './hypothesis/psi-test.ts'
export { psiTest } from './hypothesis/psi-test.ts'
export type { SampleSummary } from './hypothesis/sample-summary.ts'
export type { TTestResult } from './hypothesis/t-test-result.ts'
export type { TTestOptions } from './hypothesis/t-tests.ts'
export { oneSampleT, pairedT, studentTTest, welchT } from './hypothesis/t-tests.ts'
export type {
  Alternative,
  ConfidenceInterval,
  EffectSize,
  TestResult,
} from './hypothesis/test-result.ts'
export type {
  Proportion,
  TwoProportionOptions,
  TwoProportionResult,
} from './hypothesis/two-proportion-z.ts'
export { twoProportionZ } from './hypothesis/two-proportion-z.ts'
export type {
  WilcoxonOptions,
  WilcoxonResult,
  ZeroMethod,
} from './hypothesis/wilcoxon-signed-rank.ts'
export { wilcoxonSignedRank } from './hypothesis/wilcoxon-signed-rank.ts'
export type { YuenOptions, YuenResult } from './hypothesis/yuen.ts'
export { yuenT } from './hypothesis/yuen.ts'
export { welchInterval } from './intervals/mean-difference.ts'
export type { Interval, IntervalOptions } from './intervals/proportion.ts'
export {
  agrestiCoull,
  clopperPearson,
  jeffreysInterval,
  waldInterval,
  wilsonInterval,
} from './intervals/proportion.ts'
export {
  agrestiCaffo,
  miettinenNurminen,
  newcombe,
  waldDifference,
} from './intervals/proportion-difference.ts'
export type { RatioInterval } from './intervals/proportion-ratio.ts'
export { katzLogRatio, koopmanRatio, oddsRatioLogit } from './intervals/proportion-ratio.ts'
export { allFinite } from './kernels/all-finite.ts'
export type { Moments } from './moments/moments.ts'
export {
  emptyMoments,
  excessKurtosisOf,
  mergeMoments,
  moments,
  pushMoment,
  skewnessOf,
  varianceOf,
} from './moments/moments.ts'
export type { AdjustedPValues, AdjustOptions } from './multiplicity/adjust.ts'
export {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  hochberg,
  holm,
  hommel,
  sidak,
} from './multiplicity/adjust.ts'
export type { RocAuc } from './ranking/roc-auc.ts'
export { rocAuc } from './ranking/roc-auc.ts'
export type { BootstrapOptions, BootstrapResult } from './resampling/bootstrap.ts'
export { bootstrap } from './resampling/bootstrap.ts'
export type {
  PermutationTestOptions,
  PermutationTestResult,
} from './resampling/permutation-test.ts'
export { permutationTest } from './resampling/permutation-test.ts'
export type { SignFlipTestOptions, SignFlipTestResult } from './resampling/sign-flip-test.ts'
export { signFlipTest } from './resampling/sign-flip-test.ts'
export type { NumericSample } from './samples/sample.ts'
export type {
  FrequentItemsBuilder,
  FrequentItemsOptions,
  FrequentItemsSketch,
} from './sketches/frequent-items.ts'
export {
  checkFrequentItems,
  createFrequentItems,
  mergeFrequentItems,
  resumeFrequentItems,
} from './sketches/frequent-items.ts'
export type {
  DistinctCount,
  HyperLogLogBuilder,
  HyperLogLogOptions,
  HyperLogLogSketch,
} from './sketches/hyper-log-log.ts'
export {
  checkHyperLogLog,
  createHyperLogLog,
  distinctCount,
  mergeHyperLogLog,
  resumeHyperLogLog,
} from './sketches/hyper-log-log.ts'
export type { KllBuilder, KllOptions, KllSketch } from './sketches/kll.ts'
export { checkKll, createKll, mergeKll, resumeKll } from './sketches/kll.ts'
export type { FrequentValue, WeightedSteps } from './sketches/kll-queries.ts'
export {
  kllFrequentValues,
  kllQuantile,
  kllRank,
  kllRankError,
  kllSteps,
} from './sketches/kll-queries.ts'
export type { Sketch } from './sketches/sketch-bytes.ts'
export { checkSketch, sketchFromBytes, sketchToBytes } from './sketches/sketch-bytes.ts'
export { erf, erfc, erfcx } from './special/error-function.ts'
export { regularizedBeta } from './special/incomplete-beta.ts'
export { regularizedGamma } from './special/incomplete-gamma.ts'
export { digamma, logBeta, logGamma } from './special/stirling.ts'
