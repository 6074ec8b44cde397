import { z } from "zod";
import type { Cpu, Size } from "../workload/units.ts";

const pattern = <T extends string>(shape: RegExp, expected: string) =>
  z.custom<T>((value) => typeof value === "string" && shape.test(value), { error: `expected ${expected}` });

export const size = pattern<Size>(/^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/, 'an amount of memory or storage such as "512Mi"');
export const cpu = pattern<Cpu>(/^(\d+m|\d+(\.\d+)?)$/, 'an amount of processor time such as "250m" or "2"');
export const cron = pattern<string>(/^\S+ \S+ \S+ \S+ \S+$/, 'five cron fields such as "0 2 * * *"');
export const host = pattern<string>(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'a host name such as "api.example.com"');
/** With a tag that names a release, or a digest (X08). */
export const image = pattern<string>(/^[^\s:@]+(:\d+\/[^\s:@]+)?(:(?!latest$)[\w][\w.-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/, 'an image with a release tag or digest, and not "latest"');
export const replicas = z.int().min(1).max(1000);
export const credentialRotation = z.int().min(1).default(1);
export const timeZone = z.string().refine((zone) => Intl.supportedValuesOf("timeZone").includes(zone) || zone === "Etc/UTC", { error: 'expected an IANA time zone such as "America/Sao_Paulo"' });
