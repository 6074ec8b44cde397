import { CoordinationV1Api, type V1Lease, V1MicroTime } from "@kubernetes/client-node";
import { answerOf, hasStatus, ifThere } from "../api-answer.ts";
import type { Run } from "./run-id.ts";
import { Refused } from "./errors.ts";
import type { Scope } from "./verb.ts";

/** Seconds after which a lease counts as left behind, and between two renewals. */
const seconds = { lasts: 60, renewed: 20 };
const stepNote = "production-platform/step";
const lineNote = "production-platform/line";

/** Keeps every other run away from a system. */
export interface Held {
  /** Aborted when another run has taken the system over. */
  readonly lost: AbortSignal;
  /** Notes the step, for the run that takes over should this one die. */
  step(text: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the system's lease. Throws {@link Refused} where a living run has it; one that was left behind is taken over,
 * and `say` hears where it ended.
 */
export async function holdLease(
  namespace: string,
  system: string,
  run: Run,
  { kubeConfig, now }: Scope,
  say: (line: string) => void,
): Promise<Held> {
  const api = kubeConfig.makeApiClient(CoordinationV1Api);
  const name = `runbook-${system}`;
  const holder = `${run.who} ${run.verb} ${run.id}`;
  const lost = new AbortController();
  const moment = () => new V1MicroTime(now().toISOString());
  const body = (before: V1Lease | undefined): V1Lease => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      namespace,
      annotations: { [lineNote]: run.line, [stepNote]: "before the first step" },
      ...(before?.metadata?.resourceVersion && { resourceVersion: before.metadata.resourceVersion }),
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: seconds.lasts,
      acquireTime: moment(),
      renewTime: moment(),
      leaseTransitions: (before?.spec?.leaseTransitions ?? -1) + 1,
    },
  });
  const refused = (other: string) =>
    new Refused([`another run works on ${system}: ${other}. Wait for it to end, and run the command again`]);
  const before = await ifThere(api.readNamespacedLease({ namespace, name }));
  const other = before?.spec?.holderIdentity;
  if (other && !expired(before, now()))
    throw refused(
      `${other}, renewed ${since(before, now())} s ago, at: ${before.metadata?.annotations?.[stepNote] ?? "an unknown step"}`,
    );
  if (other) {
    const { [stepNote]: step = "an unknown step", [lineNote]: line } = before?.metadata?.annotations ?? {};
    say(
      `an earlier run was cut short: ${other}, at: ${step}, ${since(before, now())} s ago${line ? `; its command was: ${line}` : ""}. Its lease is taken over`,
    );
  }
  let lease = await (before === undefined
    ? api.createNamespacedLease({ namespace, body: body(undefined) })
    : api.replaceNamespacedLease({ namespace, name, body: body(before) })
  ).catch((error: unknown) => {
    if (hasStatus(error, 409)) throw refused("it came first by a moment");
    throw error;
  });

  // One write at a time: two would refuse each other by their version.
  let queue: Promise<void> = Promise.resolve();
  const write = (change: (lease: V1Lease) => void): Promise<void> =>
    (queue = queue.then(async () => {
      if (lost.signal.aborted) return;
      change(lease);
      try {
        lease = await api.replaceNamespacedLease({ namespace, name, body: lease });
      } catch (error) {
        if (hasStatus(error, 404, 409)) lost.abort(new Error(`another run took the lease ${namespace}/${name} over`));
        else say(`the lease ${namespace}/${name} could not be renewed: ${answerOf(error)}`); // it lasts for two more tries
      }
    }));
  const renewal = setInterval(
    () =>
      void write(({ spec }) => {
        spec!.renewTime = moment();
      }),
    seconds.renewed * 1000,
  ).unref();
  return {
    lost: lost.signal,
    step: (text) =>
      write(({ metadata, spec }) => {
        metadata!.annotations![stepNote] = text;
        spec!.renewTime = moment();
      }),
    release: () => {
      clearInterval(renewal);
      return write(({ metadata, spec }) => {
        delete spec!.holderIdentity;
        metadata!.annotations![stepNote] = `ended ${now().toISOString().slice(0, 19)}Z`;
      });
    },
  };
}

const since = (lease: V1Lease | undefined, now: Date): number =>
  Math.round((now.getTime() - new Date(lease?.spec?.renewTime ?? 0).getTime()) / 1000);
const expired = (lease: V1Lease | undefined, now: Date): boolean =>
  since(lease, now) > (lease?.spec?.leaseDurationSeconds ?? seconds.lasts);
