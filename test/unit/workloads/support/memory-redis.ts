import type { Redis } from "ioredis";

/** The few commands of Redis that the server uses, in memory; expiries are recorded and not kept. */
export function memoryRedis() {
  const entries = new Map<string, string>();
  const expiries = new Map<string, number>();
  const multi = () => {
    const results: [null, number][] = [];
    const chain = {
      incrby(key: string, by: number) {
        entries.set(key, String(Number(entries.get(key) ?? 0) + by));
        results.push([null, Number(entries.get(key))]);
        return chain;
      },
      expireat(key: string, at: number) {
        expiries.set(key, at);
        results.push([null, 1]);
        return chain;
      },
      exec: async () => results,
    };
    return chain;
  };
  const set = async (key: string, value: string, ..._options: unknown[]) => void entries.set(key, value);
  return {
    entries,
    expiries,
    redis: { get: async (key: string) => entries.get(key) ?? null, set, multi } as unknown as Redis,
  };
}
