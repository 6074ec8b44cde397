import { z } from "zod";

const count = z.number().int().positive();

/** A rule's numbers: defaults are the runbooks', each with its row. Sections are named after the rules that read them. */
const schema = z.strictObject({
  "X02-container-resources": z.strictObject({
    requireCpuLimit: z.boolean().default(true).describe("Whether each container needs a cpu limit besides its request (X02)"),
  }).prefault({}),
  "X03-liveness-timing": z.strictObject({
    minTimeoutSeconds: count.default(2).describe("Shortest time a liveness probe may wait for its answer; Kubernetes' default of 1 s restarts busy programs (X03)"),
    minFailureThreshold: count.default(2).describe("Fewest failures in a row that may restart a container (X03)"),
  }).prefault({}),
  "X08-image-pinned": z.strictObject({
    movingTags: z.array(z.string()).default(["latest", "stable", "edge", "main", "master"]).describe("Tags that are moved from one build to the next (X08)"),
  }).prefault({}),
  "X08-job-bounds": z.strictObject({
    requireTtl: z.boolean().default(false).describe("Whether Jobs without an owner need ttlSecondsAfterFinished. A Job that its stack owns is removed by the stack; a TTL removes it behind the stack's back, and a refresh runs it again (X08, X10)"),
  }).prefault({}),
  "B04-postgres-liveness": z.strictObject({
    timeoutSeconds: count.default(10).describe("Least timeoutSeconds of Postgres' liveness probe (B04)"),
    initialDelaySeconds: count.default(60).describe("Least initialDelaySeconds (B04)"),
    periodSeconds: count.default(30).describe("Least periodSeconds (B04)"),
    failureThreshold: count.default(5).describe("Least failureThreshold (B04)"),
  }).prefault({}),
  "B05-postgres-startup": z.strictObject({
    budgetSeconds: count.default(300).describe("Least failureThreshold x periodSeconds of Postgres' startup probe: the time a crash recovery may take (B05)"),
  }).prefault({}),
  "B06-redis-memory": z.strictObject({
    limitRatio: z.number().min(1).default(1.5).describe("Memory limit of the container divided by Redis' maxmemory: room for fragmentation and forks (B06)"),
  }).prefault({}),
});

/** All numbers the rules compare with. */
export type Settings = z.output<typeof schema>;

/** Refused settings: every problem at once, each with its path. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** The settings with a team's own values over the defaults. Throws a {@link SettingsError} that names each wrong value. */
export function parseSettings(overrides: unknown = {}): Settings {
  const parsed = schema.safeParse(overrides);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join(".") || "(settings)"}: ${message}`);
  throw new SettingsError(["The policy settings are not valid:", ...problems].join("\n"));
}

/** JSON schema of what can be set for one rule; undefined for rules without numbers. */
export function settingsSchema(ruleId: string): { properties: Record<string, object> } | undefined {
  const section = (schema.shape as Record<string, z.ZodType | undefined>)[ruleId];
  if (section === undefined) return undefined;
  return { properties: z.toJSONSchema(section, { io: "input" }).properties as Record<string, object> };
}
