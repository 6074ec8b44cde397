import { UsageError } from "./errors.ts";

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `30m`, `2h`, `1d` in seconds. Throws {@link UsageError} with the option's name. */
export function secondsOf(option: string, text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (!Number(amount)) throw new UsageError(`${option} "${text}" is no duration: write 30m, 2h or 1d`);
  return Number(amount) * units[unit as keyof typeof units];
}
