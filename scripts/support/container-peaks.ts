import type { Kubectl } from "./bench-namespace.ts";

/** The most that a container was seen to use, in bytes. */
export interface Peak {
  /** What cannot be given back: the programs' own memory and what they share. */
  readonly memory: number;
  /** With the cache of files, which the kernel gives back before a limit is reached. */
  readonly withCache: number;
  readonly scratch: number;
}

/**
 * Three numbers: the cgroup's peak, its memory without files, and what lies in the pod's scratch folders, in KiB. Of
 * cgroups of either version.
 */
const script = [
  "cd /sys/fs/cgroup; [ ! -d memory ] || cd memory",
  "cat memory.peak 2>/dev/null || cat memory.max_usage_in_bytes 2>/dev/null || cat memory.current",
  "awk '/^(anon|rss|shmem) /{ sum += $2 } END { print sum + 0 }' memory.stat",
  "for folder in /scratch /staging /tmp; do [ ! -d $folder ] || du -sk $folder 2>/dev/null; done | awk '{ sum += $1 } END { print sum + 0 }'",
].join("\n");

/** Looks into the running containers of a Job's pod, and remembers the most of each. */
export function containerPeaks(
  namespace: string,
  job: string,
  kubectl: Kubectl,
): { readonly peaks: ReadonlyMap<string, Peak>; readonly look: () => Promise<void> } {
  const peaks = new Map<string, Peak>();
  const look = async () => {
    for (const name of await running(namespace, job, kubectl)) {
      const [pod, container] = name.split("/") as [string, string];
      // A container that ends under the look is seen no more, which is no failure of the run.
      const said = await kubectl(["exec", "-n", namespace, pod, "-c", container, "--", "sh", "-c", script]).catch(
        () => "",
      );
      const peak = parsePeak(said);
      if (peak) peaks.set(container, most(peak, peaks.get(container)));
    }
  };
  return { peaks, look };
}

/** Reads what the script says; undefined for anything but three numbers. */
export function parsePeak(said: string): Peak | undefined {
  const [withCache, memory, kibibytes, ...rest] = said.trim().split(/\s+/).map(Number);
  if (
    withCache === undefined ||
    memory === undefined ||
    kibibytes === undefined ||
    rest.length > 0 ||
    [withCache, memory, kibibytes].some(Number.isNaN)
  )
    return undefined;
  return { withCache, memory, scratch: kibibytes * 1024 };
}

const most = (one: Peak, other: Peak = { memory: 0, withCache: 0, scratch: 0 }): Peak => ({
  memory: Math.max(one.memory, other.memory),
  withCache: Math.max(one.withCache, other.withCache),
  scratch: Math.max(one.scratch, other.scratch),
});

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly initContainerStatuses?: readonly Status[];
    readonly containerStatuses?: readonly Status[];
  };
}
interface Status {
  readonly name: string;
  readonly state?: {
    readonly running?: object;
    readonly terminated?: { readonly startedAt: string; readonly finishedAt: string };
  };
}

async function podsOf(namespace: string, job: string, kubectl: Kubectl): Promise<readonly Pod[]> {
  return (
    JSON.parse(
      await kubectl(["get", "pods", "-n", namespace, "-l", `batch.kubernetes.io/job-name=${job}`, "-o", "json"]),
    ) as { items: readonly Pod[] }
  ).items;
}

const statuses = ({ status }: Pod) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];

async function running(namespace: string, job: string, kubectl: Kubectl): Promise<string[]> {
  return (await podsOf(namespace, job, kubectl)).flatMap((pod) =>
    statuses(pod).flatMap(({ name, state }) => (state?.running ? [`${pod.metadata.name}/${name}`] : [])),
  );
}

/** Seconds that each container of an ended Job's last pod took, in order. */
export async function containerSeconds(
  namespace: string,
  job: string,
  kubectl: Kubectl,
): Promise<ReadonlyMap<string, number>> {
  const pod = (await podsOf(namespace, job, kubectl)).at(-1);
  const ended = pod ? statuses(pod) : [];
  return new Map(
    ended.flatMap(({ name, state }) =>
      state?.terminated
        ? [[name, (Date.parse(state.terminated.finishedAt) - Date.parse(state.terminated.startedAt)) / 1000] as const]
        : [],
    ),
  );
}
