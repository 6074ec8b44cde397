import type { ConsumerLag, Replicas } from "../../workload/workload.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

/**
 * Services that follow Kafka, with the topics whose lag tells how far behind they are (T04): all that each consumes.
 */
export const consumers = {
  "order-service": ["order.events", "billing.events"],
  "billing-service": ["order.events"],
  "inventory-service": ["order.events", "billing.events"],
} as const;

/**
 * By what waits in Kafka where KEDA can see it, by processor time elsewhere (T04). The brokers as they are known inside
 * the namespace.
 */
export function consumerReplicas(
  name: keyof typeof consumers,
  range: TechbraEcommerceSettings["order"]["replicas"],
  threshold: number,
  lag: (Pick<ConsumerLag, "brokers"> & { readonly security: ConsumerLag["security"] }) | undefined,
): Replicas {
  if (lag === undefined) return range;
  const everywhere = lag.brokers.replace(/^([^.:,]+):/, `$1.${namespace}.svc:`);
  return {
    min: range.min,
    max: range.max,
    consumerLag: {
      brokers: everywhere,
      group: `${name}-group`,
      topics: consumers[name],
      threshold,
      ...(lag.security && { security: lag.security }),
    },
  };
}
