const kubernetesUnits: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Redis reads `k` as 1000 and `kb` as 1024, in any case. */
const redisUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 2 ** 10,
  m: 1e6,
  mb: 2 ** 20,
  g: 1e9,
  gb: 2 ** 30,
};

/** `512Mi`, `500m`, `1.5Gi`, `1e3` as a number of bytes or cores; undefined for anything Kubernetes would refuse. */
export function parseQuantity(quantity: unknown): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(quantity));
  const unit = kubernetesUnits[match?.[2] ?? "invalid"];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** Units that people write, by what Kubernetes reads of them: a thousand or 1024 of the same. */
const mistaken = /^([+-]?(?:\d+\.?\d*|\.\d+)) ?([kmgt])(?:i?b)?$/i;

/** `: write 500k or 500Ki` for `500K`; empty for what Kubernetes takes, and for what means nothing. */
export function quantityHint(quantity: unknown): string {
  const [, number, unit = ""] = (parseQuantity(quantity) === undefined ? mistaken.exec(String(quantity)) : null) ?? [];
  return number === undefined
    ? ""
    : `: write ${number}${unit === "k" || unit === "K" ? "k" : unit.toUpperCase()} or ${number}${unit.toUpperCase()}i`;
}

/** A number of bytes as Kubernetes writes it, rounded up: `512Mi`. */
export function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}Mi`;
}

/** `512mb` as a number of bytes; undefined for anything Redis would refuse. */
export function parseRedisMemory(size: string): number | undefined {
  const match = /^(\d+)([a-z]*)$/i.exec(size);
  const unit = redisUnits[match?.[2]?.toLowerCase() ?? "invalid"];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
