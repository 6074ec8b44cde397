import type { Program } from "../role.ts";
import { bff } from "../roles/bff.ts";
import { billingService } from "../roles/billing-service.ts";
import { inventoryService } from "../roles/inventory-service.ts";
import { orderService } from "../roles/order-service.ts";

/** Every program of the e-commerce platform. */
export const programs: readonly Program[] = [orderService, billingService, inventoryService, bff];
