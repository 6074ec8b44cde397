/** Settings of the stack that say how many pods a workload has; one with an autoscaler has `min` and `max` below it. */
export const replicaSettings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "bgc-platform": {
    "bgc-api": "bgc-platform.api.replicas",
    "bgc-web": "bgc-platform.web.replicas",
    "integration-gateway": "bgc-platform.integrationGateway.replicas",
  },
  "bots-edi": {
    "bots-jobqueue": "bots-edi.jobqueue.replicas",
    "bots-webserver": "bots-edi.webserver.replicas",
  },
  "platform-service": { "platform-service": "platform-service.replicas" },
  "resilient-api-gateway": {
    "proxy-service": "resilient-api-gateway.proxy.replicas",
    "upstream-service": "resilient-api-gateway.upstream.replicas",
  },
  "techbra-ecommerce": {
    bff: "techbra-ecommerce.bff.replicas",
    "billing-service": "techbra-ecommerce.billing.replicas",
    "inventory-service": "techbra-ecommerce.inventory.replicas",
    "order-service": "techbra-ecommerce.order.replicas",
  },
};

/** The lines that make a number of pods last; `end` is the end of an autoscaler's range that has to move. */
export function lastingNumber(
  system: string,
  workload: string,
  stack: string,
  pods: number,
  end?: "min" | "max",
): string {
  const setting = replicaSettings[system]?.[workload];
  if (setting === undefined) return "no setting of the stack changes it";
  const path = `production-platform:${setting}${end ? `.${end}` : ""}`;
  return `what lasts is a setting: pulumi config set --path ${path} ${pods} --stack ${stack}, and then npm run up -- --stack ${stack}`;
}
