import { circuitBreakerProfiles, rateLimitProfiles, type ResilientApiGatewaySettings } from "./settings.ts";

/** The proxy's settings under the names the runbook tunes (G05, G06). */
export function proxyConfig({ rateLimit, circuitBreaker }: ResilientApiGatewaySettings): Record<string, string> {
  const limit = {
    ...rateLimitProfiles[rateLimit.profile],
    ...defined({ capacity: rateLimit.capacity, refillPerSecond: rateLimit.refillPerSecond }),
  };
  const { failureThreshold, resetSeconds, halfOpenSuccesses } = circuitBreaker;
  const breaker = {
    ...circuitBreakerProfiles[circuitBreaker.profile],
    ...defined({ failureThreshold, resetSeconds, halfOpenSuccesses }),
  };
  return {
    RATE_LIMIT_CAPACITY: String(limit.capacity),
    RATE_LIMIT_REFILL_RATE: String(limit.refillPerSecond),
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: String(breaker.failureThreshold),
    CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: String(breaker.resetSeconds),
    CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: String(breaker.halfOpenSuccesses),
  };
}

/** Only the values that are given, so that they do not hide a profile's. */
const defined = (values: Record<string, number | undefined>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined));
