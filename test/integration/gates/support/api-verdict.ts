import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { policyName } from "../../../../policies/gates/admission/policy.ts";
import type { Manifest } from "../../../../policies/model/kubernetes-object.ts";
import { moved } from "../../support/moved.ts";
import { namespaces, selector } from "./gate.ts";

/** What the API server says to an object that it is asked to create. */
export interface ApiVerdict {
  /** The object as it would be stored, with every default; undefined where it is refused. */
  readonly object?: Manifest;
  /** Its answer, and its warnings. */
  readonly says: string;
}

/** One way to the API server for a thousand questions: a program for each would take minutes. */
export class ApiServer {
  readonly #proxy = spawn("kubectl", ["proxy", "--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
  readonly #address = once(createInterface({ input: this.#proxy.stdout }), "line").then(
    ([line]) => `http://${/[\d.]+:\d+/.exec(String(line))![0]}`,
  );
  readonly #resources = new Map<string, Promise<readonly { kind: string; name: string; namespaced: boolean }[]>>();

  close(): void {
    this.#proxy.kill();
  }

  /**
   * Asks in a dry run for an object in one of the namespaces; a Namespace is asked for beside them, with the label of
   * the guarded one.
   */
  async askedFor(manifest: unknown, where: keyof typeof namespaces): Promise<ApiVerdict> {
    const own = moved(manifest as Manifest, new Map([["data", namespaces[where]]]));
    const object = own.kind === "Namespace" ? beside(own, where) : own;
    const group = object.apiVersion!.includes("/") ? `apis/${object.apiVersion}` : `api/${object.apiVersion}`;
    const resource = (await this.#resourcesOf(group)).find(
      ({ kind, name }) => kind === object.kind && !name.includes("/"),
    );
    if (resource === undefined)
      return { says: `no matches for kind "${object.kind}" in version "${object.apiVersion}"` };
    const place = resource.namespaced ? `namespaces/${object.metadata?.namespace ?? "default"}/` : "";
    const answer = await fetch(
      `${await this.#address}/${group}/${place}${resource.name}?dryRun=All&fieldValidation=Ignore`,
      { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(object) },
    );
    const body = (await answer.json()) as Manifest & { message?: string };
    const warnings = answer.headers.get("warning") ?? "";
    return answer.ok ? { object: body, says: warnings } : { says: `${warnings}${body.message}` };
  }

  #resourcesOf(group: string) {
    const known =
      this.#resources.get(group) ??
      this.#address.then(async (address) => {
        const answer = await fetch(`${address}/${group}`);
        return answer.ok
          ? ((await answer.json()) as { resources: { kind: string; name: string; namespaced: boolean }[] }).resources
          : [];
      });
    this.#resources.set(group, known);
    return known;
  }
}

function beside(namespace: Manifest, where: keyof typeof namespaces): Manifest {
  const labels = { ...namespace.metadata?.labels, ...(where === "guarded" && { [selector.key]: selector.value }) };
  return { ...namespace, metadata: { ...namespace.metadata, name: `${namespaces[where]}-new`, labels } };
}

/** Whether an answer is a refusal or a warning by a rule's policy. */
export const isBy = (ruleId: string, { says }: ApiVerdict): boolean =>
  says.includes(`ValidatingAdmissionPolicy '${policyName(ruleId)}'`);
