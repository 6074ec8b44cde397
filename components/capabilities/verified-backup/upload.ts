import { images } from "../../images.ts";
import type { ContainerArgs } from "../../workload/container.ts";
import { type Duration, seconds } from "../../workload/units.ts";
import type { Flow } from "../network-flows.ts";
import type { ToolContainer } from "./tool-container.ts";

/** A bucket that verified copies are copied to (B11, G08). */
export interface S3Copy {
  /** Addresses the endpoint answers from: the only ones the job may reach besides the data store. */
  readonly cidrs: readonly string[];
  /** Where the S3 API answers, such as `https://s3.sa-east-1.amazonaws.com`; its port is the one that is opened. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Secret with `access-key-id` and `secret-access-key`, in the namespace of the backup. */
  readonly credentialsSecret: string;
}

/** What a backup job may open besides its data store: the bucket's endpoint, where there is one (X05). */
export function uploadFlows(app: string, s3: S3Copy | undefined): Flow[] {
  if (s3 === undefined) return [];
  const { port, protocol } = new URL(s3.endpoint);
  return s3.cidrs.map((cidr) => ({
    from: { app },
    to: { cidr },
    ports: [Number(port) || (protocol === "http:" ? 80 : 443)],
  }));
}

/**
 * Copies what is verified and not yet in the bucket, and compares both. It never deletes there, which is the bucket's
 * own lifecycle rule to do.
 * Its Secret is optional, because a pod whose Secret is missing would not start, and there would be no local copy
 * either.
 */
export function upload(
  s3: S3Copy,
  tool: ToolContainer,
  copies: { readonly path: string; readonly claim: string },
  env: Readonly<Record<string, string>>,
  deadline: Duration,
): ContainerArgs {
  const keys = "/credentials/bucket";
  return {
    ...tool(
      "upload",
      {
        ...env,
        S3_ENDPOINT: s3.endpoint,
        S3_REGION: s3.region,
        S3_BUCKET: s3.bucket,
        S3_PREFIX: s3.prefix,
        S3_KEYS: keys,
        S3_KEYS_FROM: s3.credentialsSecret,
        // The other half is for the copy and its proof.
        UPLOAD_SECONDS: String(Math.floor(seconds(deadline) / 2)),
      },
      [
        { ...copies, readOnly: true },
        { path: keys, secret: s3.credentialsSecret, optional: true },
      ],
    ),
    image: images.rclone,
    command: ["sh", "/scripts/upload.sh"],
  };
}
