import { redisNow } from "./script.ts";

/**
 * The breaker's key is a hash: state (CLOSED, OPEN or HALF_OPEN), failures (without a success between them), successes
 * (of
 * trials), opened_at, last_failure and last_failure_at, and while a trial runs trial and trial_until. Times are seconds
 * since
 * 1970. No key, and any other state, mean CLOSED, so that an operator resets the circuit with DEL.
 */

/**
 * Asks for a request. ARGV: seconds until an open circuit is tried, seconds a trial may take, name of the trial if this
 * becomes one. Returns: "pass", "trial" or "refuse", the seconds to wait, and 1 when this made the circuit HALF_OPEN.
 *
 * A trial is a lease: whoever died with it blocks nobody for longer. A time that is missing or lies ahead was written
 * by
 * hand or before the clock was set back; it counts as now.
 */
export const admitScript = `
local key, reset, lease, id = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local state = redis.call("HGET", key, "state")
if state ~= "OPEN" and state ~= "HALF_OPEN" then
  if state ~= "CLOSED" then redis.call("HSET", key, "state", "CLOSED", "failures", 0, "successes", 0) end
  return { "pass", 0, 0 }
end
${redisNow}
local tried = 0
if state == "OPEN" then
  local opened = tonumber(redis.call("HGET", key, "opened_at") or "")
  if not opened or opened > now then
    opened = now
    redis.call("HSET", key, "opened_at", string.format("%.3f", now))
  end
  local left = opened + reset - now
  if left > 0 then return { "refuse", math.ceil(left), 0 } end
  redis.call("HSET", key, "state", "HALF_OPEN", "successes", 0)
  redis.call("HDEL", key, "trial", "trial_until")
  tried = 1
end
local left = (tonumber(redis.call("HGET", key, "trial_until") or "") or now) - now
-- A second more than the lease, because trial_until is rounded.
if left > 0 and left <= lease + 1 then return { "refuse", 1, 0 } end
redis.call("HSET", key, "trial", id, "trial_until", string.format("%.3f", now + lease))
return { "trial", 0, tried }
`;

/**
 * Tells how a request went. ARGV: failures that open, successes that close, name of the trial or "" for any other
 * request,
 * the failure or "" for a success. Returns the state that this made of another one, or "".
 *
 * What began before the circuit opened, and a trial whose lease went to another or whose circuit was reset, no longer
 * count.
 */
export const reportScript = `
local key, threshold, needed, id, failure = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local state = redis.call("HGET", key, "state")
if id ~= "" then
  if state ~= "HALF_OPEN" or redis.call("HGET", key, "trial") ~= id then return "" end
  redis.call("HDEL", key, "trial", "trial_until")
elseif state == "OPEN" or state == "HALF_OPEN" then
  return ""
end
if failure == "" then
  if id == "" then
    if redis.call("HGET", key, "failures") ~= "0" then redis.call("HSET", key, "state", "CLOSED", "failures", 0) end
    return ""
  end
  if redis.call("HINCRBY", key, "successes", 1) < needed then return "" end
  redis.call("HSET", key, "state", "CLOSED", "failures", 0, "successes", 0)
  redis.call("HDEL", key, "opened_at")
  return "CLOSED"
end
${redisNow}
redis.call("HSET", key, "last_failure", failure, "last_failure_at", string.format("%.3f", now))
if redis.call("HINCRBY", key, "failures", 1) < threshold and id == "" then
  redis.call("HSET", key, "state", "CLOSED")
  return ""
end
redis.call("HSET", key, "state", "OPEN", "successes", 0, "opened_at", string.format("%.3f", now))
return "OPEN"
`;
