/** A span of time as Kubernetes people write it: "30s", "5m", "2h", "30d". */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;
/** An amount of memory or storage in binary units: "512Mi", "2Gi". */
export type Size = `${number}${"Ki" | "Mi" | "Gi" | "Ti"}`;
/** An amount of processor time: "250m" is a quarter of a core, "2" is two cores. */
export type Cpu = `${number}m` | `${number}`;

const secondsIn = { s: 1, m: 60, h: 3600, d: 86400 } as const;
const bytesIn = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** Whole seconds of a duration. Throws on anything that is not one. */
export function seconds(duration: Duration): number {
  const match = /^(\d+)([smhd])$/.exec(duration);
  if (!match) throw new Error(`"${duration}" is not a duration: write a whole number and s, m, h or d, such as "30s"`);
  return Number(match[1]) * secondsIn[match[2] as keyof typeof secondsIn];
}

/** Bytes of a size. Throws on anything that is not one. */
export function bytes(size: Size): number {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/.exec(size);
  if (!match) throw new Error(`"${size}" is not a size: write a number and Ki, Mi, Gi or Ti, such as "512Mi"`);
  return Number(match[1]) * bytesIn[match[2] as keyof typeof bytesIn];
}

/** A size as whole mebibytes, rounded down: what database settings are given in. */
export const mebibytes = (size: Size): number => Math.floor(bytes(size) / bytesIn.Mi);
