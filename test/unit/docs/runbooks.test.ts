import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseDocument } from "yaml";
import { parseSettings } from "../../../components/configuration.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { stackConfiguration } from "../../../scripts/support/stack-configuration.ts";
import { stackObjects } from "../../support/objects.ts";

const objects = await stackObjects("dev");
const { scripts: npmScripts } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const runbook = readFileSync(join(checkout, "docs/runbooks/bgc-platform.md"), "utf8");

/** Every spelling of a kind that kubectl takes and the runbook may use. */
const kinds: Record<string, string> = Object.fromEntries(
  Object.entries({
    Pod: "po pod pods",
    Deployment: "deploy deployment deployments",
    StatefulSet: "sts statefulset statefulsets",
    CronJob: "cj cronjob cronjobs",
    Job: "job jobs",
    Service: "svc service services",
    Secret: "secret secrets",
    ConfigMap: "cm configmap configmaps",
    PersistentVolumeClaim: "pvc persistentvolumeclaim persistentvolumeclaims",
    Ingress: "ing ingress ingresses",
    NetworkPolicy: "netpol networkpolicy networkpolicies",
    Event: "events",
  }).flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind])),
);

interface Block {
  readonly commands: string[];
  /** Manifests that a command reads from a here-document. */
  readonly manifests: Manifest[];
}

/** The commands of a markdown text's bash blocks: continued lines joined, comments and here-documents taken out. */
function read(markdown: string): Block {
  const commands: string[] = [];
  const manifests: Manifest[] = [];
  for (const [, block = ""] of markdown.matchAll(/^```bash\n(.*?)^```$/gms)) {
    const lines = block.replaceAll("\\\n", " ").split("\n");
    while (lines.length > 0) {
      let line = lines.shift()!;
      if (line.trim() === "" || line.startsWith("#")) continue;
      const end = /<<'?([A-Z]+)'?/.exec(line)?.[1];
      if (end) {
        const body = lines
          .splice(0, lines.indexOf(end) + 1)
          .slice(0, -1)
          .join("\n");
        if (end === "YAML") manifests.push(parseDocument(body).toJS() as Manifest);
      }
      // A quoted argument may go over several lines.
      while (hasOpenQuote(line)) {
        if (lines.length === 0) throw new Error(`a quote is never closed: ${line}`);
        line += `\n${lines.shift()!}`;
      }
      commands.push(line);
    }
  }
  return { commands, manifests };
}

const hasOpenQuote = (text: string) => /['"]/.test(text.replace(/'[^']*'|"(?:\\.|[^"\\])*"/g, ""));

/** The simple commands of a line, those inside $(...) too, each as its words. */
function simpleCommands(line: string): string[][] {
  const inner = /\$\(([^()]*(?:\([^()]*\)[^()]*)*)\)/.exec(line);
  if (inner) return [...simpleCommands(inner[1]!), ...simpleCommands(line.replace(inner[0], "$INNER"))];
  const parts: string[][] = [[]];
  for (const [word] of line.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"|;&])+|[|;&]+/g)) {
    if (/^[|;&]+$/.test(word)) parts.push([]);
    else parts.at(-1)!.push(word.replace(/^(['"])(.*)\1$/s, "$2"));
  }
  return parts
    .map((words) => words.slice(words.findIndex((word) => !/^(until|do|\()$/.test(word))))
    .filter((words) => words.length > 0);
}

interface KubectlCall {
  readonly verb: string;
  readonly operands: string[];
  readonly flags: Record<string, string>;
  /** The command after `--`. */
  readonly inside: string[];
}

function kubectlCall(words: readonly string[]): KubectlCall {
  const end = words.indexOf("--");
  const [verb = "", ...rest] = words.slice(1, end < 0 ? undefined : end);
  const flags: Record<string, string> = {};
  const operands: string[] = [];
  while (rest.length > 0) {
    const word = rest.shift()!;
    const [, name = "", value] = /^(--?[a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (!word.startsWith("-")) operands.push(word);
    else if (
      value !== undefined ||
      name.startsWith("--") ||
      (name === "-f" && verb === "logs") ||
      ["-i", "-it"].includes(name)
    )
      flags[name] = value ?? "";
    else flags[name] = rest.shift() ?? "";
  }
  return { verb, operands, flags, inside: end < 0 ? [] : words.slice(end + 1) };
}

/**
 * What commands may refer to: the stack's objects, what its controllers make of them, and what the runbook makes
 * itself.
 */
class Inventory {
  readonly known: Manifest[];
  readonly forwarded = new Set<number>();

  constructor(declared: readonly Manifest[], { commands, manifests }: Block) {
    const made = commands
      .flatMap(simpleCommands)
      .filter(([program, ...words]) => program === "kubectl" && words[0] === "create" && words[1] === "job");
    this.known = [
      ...declared,
      ...declared.flatMap(pods),
      ...declared.flatMap(claims),
      ...manifests,
      ...made.map((words) => ({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: words[3]!, namespace: "data" },
      })),
    ];
    for (const [, port] of commands.join("\n").matchAll(/port-forward .*? (\d+):\d+/g))
      this.forwarded.add(Number(port));
  }

  has(kind: string, name: string, namespace = "data"): boolean {
    return this.known.some(
      (object) => object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
    );
  }

  selected(kind: string, app: string): boolean {
    return this.known.some((object) => object.kind === kind && object.metadata.labels?.["app"] === app);
  }

  ports(service: string): number[] {
    const found = this.known.find(
      (object) => object.kind === "Service" && object.metadata.name === service && object.metadata.namespace === "data",
    );
    return ((found?.["spec"] as { ports?: { port: number }[] } | undefined)?.ports ?? []).map(({ port }) => port);
  }

  hosts(): string[] {
    return this.known
      .filter(({ kind }) => kind === "Ingress")
      .flatMap((object) => (object["spec"] as { rules: { host: string }[] }).rules.map(({ host }) => host));
  }

  containers(deployment: string): string[] {
    const found = this.known.find((object) => object.kind === "Deployment" && object.metadata.name === deployment);
    return (
      (found?.["spec"] as { template: { spec: { containers: { name: string }[] } } } | undefined)?.template.spec
        .containers ?? []
    ).map(({ name }) => name);
  }
}

type Template = { template?: { metadata: { labels?: Record<string, string> } }; jobTemplate?: { spec: Template } };

/** The pods a controller makes; only those of a StatefulSet have names that can be known. */
function pods({ kind, metadata: { name, namespace = "" }, ...rest }: Manifest): Manifest[] {
  const spec = (rest["spec"] ?? {}) as Template;
  const labels = (spec.template ?? spec.jobTemplate?.spec.template)?.metadata.labels;
  return labels
    ? [
        {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: kind === "StatefulSet" ? `${name}-0` : "", namespace, labels },
        },
      ]
    : [];
}

function claims({ kind, metadata: { name, namespace = "" }, ...rest }: Manifest): Manifest[] {
  const { volumeClaimTemplates = [] } = (rest["spec"] ?? {}) as { volumeClaimTemplates?: Manifest[] };
  return kind === "StatefulSet"
    ? volumeClaimTemplates.map(({ metadata }) => ({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: `${metadata.name}-${name}-0`, namespace },
      }))
    : [];
}

/** Not a name but a shell variable or a placeholder. */
const isOpen = (word: string) => /[$<{]/.test(word);

/** What a text of commands refers to, as `kind name`, and which of it does not exist. */
function check(markdown: string, declared: readonly Manifest[] = objects) {
  const block = read(markdown);
  const inventory = new Inventory(declared, block);
  const references = new Set<string>();
  const unknown: string[] = [];
  const refer = (what: string, exists: boolean) => {
    references.add(what);
    if (!exists) unknown.push(what);
  };
  const named = (kind: string, name: string, namespace?: string) => {
    if (!isOpen(name)) refer(`${kind} ${name}`, inventory.has(kind, name, namespace));
  };
  for (const [, script = ""] of markdown.matchAll(/\bnpm run ([\w:-]+)/g))
    refer(`npm script ${script}`, Object.hasOwn(npmScripts, script));

  for (const command of block.commands) {
    for (const [, host = "", port] of command.matchAll(/https?:\/\/([\w.-]+)(?::(\d+))?/g)) {
      if (host === "localhost") refer(`local port ${port}`, inventory.forwarded.has(Number(port)));
      else if (port)
        refer(
          `port ${host}:${port}`,
          inventory.ports(host.replace(/\.data\.svc\.cluster\.local$/, "")).includes(Number(port)),
        );
      else refer(`host ${host}`, inventory.hosts().includes(host));
    }
    for (const [, file = ""] of command.matchAll(/data_job_([\w$-]+)\.yaml/g)) named("Job", file);
    for (const words of simpleCommands(command)) {
      if (words[0] !== "kubectl") continue;
      const { verb, operands, flags, inside } = kubectlCall(words);
      const namespace = flags["-n"];
      if (namespace !== undefined)
        refer(
          `Namespace ${namespace}`,
          objects.some(({ kind, metadata }) => kind === "Namespace" && metadata.name === namespace),
        );
      else if (!["apply", "config", "cp"].includes(verb)) refer(`a namespace in "${words.join(" ")}"`, false);

      const [first = "", ...others] = verb === "rollout" || verb === "set" ? operands.slice(1) : operands;
      const slashed = [first, ...others]
        .map((word) => /^([a-z]+)\/([^:]+)$/.exec(word))
        .filter((match) => match !== null);
      for (const [, kind = "", name = ""] of slashed) {
        if (verb !== "cp") refer(`kind ${kind}`, kind in kinds);
        else refer(`Namespace ${kind}`, kind === "data");
        named(kinds[kind] ?? kind, name, namespace);
      }
      const listed = first.split(",");
      if (["get", "describe", "delete", "scale", "wait", "patch", "rollout"].includes(verb) && slashed.length === 0) {
        for (const kind of listed) refer(`kind ${kind}`, kind in kinds);
        for (const name of others) named(kinds[first] ?? first, name, namespace);
      }
      if (["exec", "logs"].includes(verb) && slashed.length === 0 && first) named("Pod", first, namespace);
      if (verb === "cp")
        for (const [, name = ""] of operands.join(" ").matchAll(/\bdata\/([\w-]+):/g)) named("Pod", name);
      if (verb === "create") {
        const [kind = "", name = ""] = (flags["--from"] ?? "").split("/");
        named(kinds[kind] ?? kind, name, namespace);
      }
      if (verb === "set")
        for (const container of others)
          refer(
            `container ${container.split("=")[0]}`,
            inventory.containers(first.split("/")[1]!).includes(container.split("=")[0]!),
          );
      if (verb === "port-forward") {
        for (const pair of others)
          refer(
            `port ${first.split("/")[1]}:${pair.split(":")[1]}`,
            inventory.ports(first.split("/")[1]!).includes(Number(pair.split(":")[1])),
          );
      }
      if (flags["-l"] !== undefined) {
        const kind = ["get", "wait", "delete", "describe"].includes(verb) ? (kinds[first] ?? first) : "Pod";
        const apps = /^app in \((.*)\)$/.exec(flags["-l"])?.[1]?.split(/,\s*/) ?? [
          /^app=(.*)$/.exec(flags["-l"])?.[1] ?? flags["-l"],
        ];
        for (const app of apps) refer(`${kind} with app=${app}`, inventory.selected(kind, app));
      }
      if (inside[0] === "nc")
        refer(
          `port ${inside.at(-2)}:${inside.at(-1)}`,
          inventory.ports(inside.at(-2)!.replace(/\.data\.svc\.cluster\.local$/, "")).includes(Number(inside.at(-1))),
        );
      if (inside[0] === "getent") named("Service", inside.at(-1)!.replace(/\.data\.svc\.cluster\.local$/, ""));
    }
  }
  return { references, unknown, ...block };
}

const bash = (...commands: string[]) => `\`\`\`bash\n${commands.join("\n")}\n\`\`\`\n`;

test("every command of the BGC runbook names objects, labels, ports and scripts that exist", (t) => {
  t.deepEqual(check(runbook).unknown, []);
});

test("the check reads every kind of reference, so that it cannot pass by reading nothing", (t) => {
  const { references, commands } = check(runbook);
  t.true(commands.length > 100, `${commands.length} commands`);
  const expected = [
    "Namespace data",
    "Pod with app=redis",
    "Pod with app=postgres",
    "Pod with app=bgc-api",
    "Job with app=postgres-backup",
    "Pod postgres-0",
    "Deployment redis",
    "Deployment bgc-api",
    "Deployment integration-gateway",
    "StatefulSet postgres",
    "CronJob postgres-backup",
    "Job backup-by-hand",
    "Job populate-countries",
    "Secret pg-postgresql-superuser",
    "Service redis",
    "PersistentVolumeClaim data-postgres-0",
    "port redis:6379",
    "port pg-postgresql:5432",
    "port integration-gateway:8081",
    "port redis.data.svc.cluster.local:6379",
    "host api.bgc.localhost",
    "host web.bgc.localhost",
    "local port 8080",
    "npm script up",
    "npm script preview",
    "npm script render",
  ];
  t.deepEqual(
    expected.filter((reference) => !references.has(reference)),
    [],
  );
});

test("a made-up command is reported for each thing that does not exist", (t) => {
  const made: [string, string[]][] = [
    ["kubectl get pods -n dta", ["Namespace dta"]],
    ["kubectl get pods", ['a namespace in "kubectl get pods"']],
    ["kubectl get pod -n data -l app=postgresql", ["Pod with app=postgresql"]],
    ["kubectl wait --for=delete pod -l 'app in (redis, rabbit)' -n data", ["Pod with app=rabbit"]],
    ["kubectl scale deployment postgres --replicas=0 -n data", ["Deployment postgres"]],
    ["kubectl rollout restart deployment/bgc-api sts/redis -n data", ["StatefulSet redis"]],
    ["kubectl rollout restart deploy/bgc-apo -n data", ["Deployment bgc-apo"]],
    ["kubectl create job once -n data --from=cronjob/pg-backup", ["CronJob pg-backup"]],
    ["kubectl port-forward -n data svc/postgres 5432:5432", ["Service postgres", "port postgres:5432"]],
    ["kubectl port-forward -n data svc/integration-gateway 8081:8080", ["port integration-gateway:8080"]],
    ["kubectl logs -n data job/backup-of-mine -f", ["Job backup-of-mine"]],
    ["kubectl describe secret/postgres -n data", ["Secret postgres"]],
    ["kubectl get configmap/settings -n data", ["ConfigMap settings"]],
    ["kubectl exec -n data postgres-1 -- psql", ["Pod postgres-1"]],
    [
      "kubectl exec -n data $(kubectl get pod -n data -l app=bgc -o name) -- nc -zv redis.data.svc.cluster.local 6380",
      ["Pod with app=bgc", "port redis.data.svc.cluster.local:6380"],
    ],
    ["kubectl set image deployment/bgc-api api=bgc-api:v2 -n data", ["container api"]],
    ["kubectl get widgets -n data", ["kind widgets"]],
    ["until kubectl get job never -n data | grep -q done; do sleep 2; done", ["Job never"]],
    ["curl http://api.bgc.example/healthz", ["host api.bgc.example"]],
    ["curl http://localhost:9999/healthz", ["local port 9999"]],
    ["npm run restore", ["npm script restore"]],
  ];
  for (const [command, expected] of made) t.deepEqual(check(bash(command)).unknown, expected, command);
});

test("a command goes over continued and quoted lines, and comments and here-documents are none", (t) => {
  const { commands, manifests } = read(
    bash(
      "# kubectl get nothing",
      "curl \\",
      "  -d '{",
      '  "a": 1',
      "}'",
      "kubectl apply -f - <<YAML",
      "kind: Pod",
      "YAML",
      "npm run up",
    ),
  );
  t.deepEqual(commands, [`curl    -d '{\n  "a": 1\n}'`, "kubectl apply -f - <<YAML", "npm run up"]);
  t.deepEqual(manifests, [{ kind: "Pod" } as never]);
});

interface PodSpecOfManifest {
  serviceAccountName: string;
  securityContext: object;
  containers: { image: string; securityContext: object; volumeMounts: { name: string }[] }[];
  volumes: { name: string; secret?: { secretName: string }; persistentVolumeClaim?: { claimName: string } }[];
}

test("the pods that the runbook starts are admitted, reach Postgres, and mount what exists (X01, X05)", (t) => {
  const { manifests } = read(runbook);
  const inventory = new Inventory(objects, read(runbook));
  t.deepEqual(
    manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    ["Pod data/postgres-copies", "Job data/postgres-restore", "Job data/postgres-keep"],
  );
  for (const manifest of manifests) {
    const { template } = manifest["spec"] as { template?: { metadata: Manifest["metadata"]; spec: PodSpecOfManifest } };
    const spec = template?.spec ?? (manifest["spec"] as PodSpecOfManifest);
    t.deepEqual((template?.metadata ?? manifest.metadata).labels, { app: "postgres-backup" });
    t.true(inventory.has("ServiceAccount", spec.serviceAccountName));
    t.like(spec.securityContext, {
      runAsNonRoot: true,
      runAsUser: 999,
      fsGroup: 999,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { image, securityContext, volumeMounts } of spec.containers) {
      t.is(image, "$IMAGE");
      t.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
      });
      t.deepEqual(volumeMounts.map(({ name }) => name).sort(), spec.volumes.map(({ name }) => name).sort());
    }
    for (const { secret, persistentVolumeClaim } of spec.volumes) {
      if (secret) t.true(inventory.has("Secret", secret.secretName), secret.secretName);
      if (persistentVolumeClaim)
        t.true(
          inventory.has("PersistentVolumeClaim", persistentVolumeClaim.claimName),
          persistentVolumeClaim.claimName,
        );
    }
  }
});

test("what the runbook reads out of the backup CronJob is there", (t) => {
  const { commands } = read(runbook);
  t.true(commands.some((command) => command.includes('volumes[?(@.name=="scripts")].configMap.name')));
  const backup = objects.find(({ kind, metadata }) => kind === "CronJob" && metadata.name === "postgres-backup")!;
  const { volumes, containers } = (
    backup["spec"] as {
      jobTemplate: {
        spec: {
          template: {
            spec: { volumes: { name: string; configMap?: { name: string } }[]; containers: { image: string }[] };
          };
        };
      };
    }
  ).jobTemplate.spec.template.spec;
  const scripts = volumes.find(({ name }) => name === "scripts")?.configMap?.name ?? "";
  t.regex(containers[0]!.image, /\/postgres:\d/);
  const files = Object.keys(
    (objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === scripts)?.["data"] ?? {}) as object,
  );
  t.deepEqual(
    ["connection.sh", "row-counts.sql"].filter((file) => !files.includes(file)),
    [],
  );
});

/** The values of a stack's file after a `pulumi config set --path`. */
function afterSetting(path: string, value: string, stack: string) {
  const [key = "", ...segments] = path.replace(/^production-platform:/, "").split(".");
  const values = Object.fromEntries(
    Object.entries(stackConfiguration(stack)).map(([name, text]) => [name.replace(/^production-platform:/, ""), text]),
  );
  const changed = JSON.parse(values[key] ?? "{}") as Record<string, unknown>;
  const last = segments.pop()!;
  const parent = segments.reduce((node, segment) => (node[segment] ??= {}) as Record<string, unknown>, changed);
  // With --path the engine reads numbers, true and false as such.
  parent[last] = /^(\d+|true|false)$/.test(value) ? JSON.parse(value) : value;
  return parseSettings({
    ...Object.fromEntries(
      Object.entries(values).map(([name, text]) => [name, /^[[{]/.test(text) ? JSON.parse(text) : text]),
    ),
    [key]: changed,
  });
}

test("every configuration value that the runbook sets is one that the stack takes", (t) => {
  const settings = read(runbook)
    .commands.map((command) => /^pulumi config set --path (\S+) (\S+) --stack (\w+)$/.exec(command))
    .filter((match) => match !== null);
  t.true(settings.length >= 5, `${settings.length} settings`);
  for (const [command, path = "", value = "", stack = ""] of settings)
    t.notThrows(() => afterSetting(path, value, stack), command);
  t.is(
    afterSetting("production-platform:bgc-platform.postgres.rotation", "2", "dev")["bgc-platform"]?.postgres.rotation,
    2,
  );
  t.throws(() => afterSetting("production-platform:bgc-platform.postgres.rotations", "2", "dev"), {
    message: /bgc-platform\.postgres\.rotations: there is no such setting; the nearest is "rotation"/,
  });
});
