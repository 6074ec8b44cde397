import { ApiError } from "./api-client.ts";
import type { Get } from "./api-client.ts";

/** A kind that an API server has, and where its objects are listed. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  /** `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** `/apis/apps/v1`. */
  readonly root: string;
}

/** The kinds that were asked for and are there, and the groups that did not answer. */
export interface Discovered {
  readonly resources: readonly Resource[];
  /** Group versions whose kinds are not known, with the reason: an extension server that is down. */
  readonly failed: readonly { readonly groupVersion: string; readonly reason: string }[];
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}
interface Group {
  readonly versions?: readonly { readonly groupVersion: string }[];
  readonly preferredVersion?: { readonly groupVersion: string };
}

/**
 * Finds kinds in all groups of an API server; of a group's versions the preferred one comes first. Throws an {@link
 * ApiError} where the server answers nothing.
 */
export async function discover(get: Get, kinds: ReadonlySet<string>): Promise<Discovered> {
  const { groups = [] } = (await get("/apis")) as { groups?: readonly Group[] };
  const failed: { groupVersion: string; reason: string }[] = [];
  const found = await Promise.all(
    [["v1"], ...groups.map(versionsOf)].map(async (versions) => {
      const resources = new Map<string, Resource>();
      for (const groupVersion of versions) {
        const root = groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`;
        try {
          const list = (await get(root)) as ResourceList;
          for (const { name, kind, namespaced, verbs = [] } of list.resources ?? []) {
            if (!kinds.has(kind) || name.includes("/") || !verbs.includes("list") || resources.has(kind)) continue;
            resources.set(kind, { apiVersion: groupVersion, kind, plural: name, namespaced, root });
          }
        } catch (error) {
          if (!(error instanceof ApiError) || error.status === 401) throw error;
          failed.push({ groupVersion, reason: error.message });
        }
      }
      return [...resources.values()];
    }),
  );
  return { resources: found.flat(), failed };
}

function versionsOf({ versions = [], preferredVersion }: Group): string[] {
  const all = versions.map(({ groupVersion }) => groupVersion);
  return [...new Set([...(preferredVersion === undefined ? [] : [preferredVersion.groupVersion]), ...all])];
}
