/** What the shop promises (T07). */
export const techbraObjectives = {
  consumerLag: 1000,
  kafkaDiskPercent: 80,
  kafkaMemoryPercent: 85,
  p95Milliseconds: 500,
  errorRatePercent: 1,
  cpuPercent: 70,
  memoryPercent: 80,
  jvmHeapPercent: 75,
  postgresPoolPercent: 80,
  queryP95Milliseconds: 100,
  lockWaitPercent: 5,
  redisMemoryPercent: 80,
  cacheHitRatePercent: 95,
} as const;
