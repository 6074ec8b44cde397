import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../scripts/support/checkout.ts";
import { command } from "../support/cluster.ts";
import { namespacesOf } from "../support/listed-systems.ts";
import { copyCheckout, type Edits } from "../support/checkout-copy.ts";

/** Previews a changed copy of the project as CI would. */
async function preview(edits: Edits, ...args: string[]) {
  const copy = copyCheckout(edits);
  try {
    const { code, stdout, stderr } = await command(process.execPath, [
      join(copy, "scripts/run.mjs"),
      "preview",
      ...args,
    ]);
    return { code, output: stdout + stderr };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

for (const stack of ["dev", "prod"]) {
  test.serial(`the unchanged stack ${stack} passes with all its systems, without any cluster`, async (t) => {
    const { code, output } = await preview({}, "--stack", stack);
    t.is(code, 0, output);
    t.regex(output, new RegExp(`preview of stack ${stack} passes: \\d+ resources, 0 violations`));
  });
}

const [allSystems] = /systems: \[.*\]/.exec(readFileSync(join(checkout, "Pulumi.dev.yaml"), "utf8"))!;

/** Leaves one system in the stack: the others would say the same, and take as long again each. */
const only = (system: string): Edits => ({ "Pulumi.dev.yaml": [[allSystems, `systems: ["${system}"]`]] });

/**
 * Edits that make a stack unsafe, one system each; what the preview says to them, and a line of the fix it shows below.
 */
const unsafe: readonly { title: string; system: string; edits: Edits; says: readonly string[]; fix: string }[] = [
  {
    title: "a Postgres liveness timeout of 1 s (B04)",
    system: "bgc-platform",
    edits: {
      "components/data/postgres/postgres.ts": [['period: "30s", timeout: "10s"', 'period: "30s", timeout: "1s"']],
    },
    says: [
      'StatefulSet data/postgres, container "postgres"',
      "livenessProbe.timeoutSeconds is 1, must be at least 10",
      "[B04-postgres-liveness]",
    ],
    fix: "timeoutSeconds: 10",
  },
  {
    title: "a container without a memory limit (X02)",
    system: "bots-edi",
    edits: {
      "components/workload/container.ts": [
        ["limits: { cpu: cpu.limit, memory: memory.limit,", "limits: { cpu: cpu.limit,"],
      ],
    },
    says: ['Deployment edi/bots-webserver, container "webserver"', "has no memory limit", "[X02-container-resources]"],
    fix: "memory: 256Mi",
  },
  {
    title: "an image tagged latest (X08)",
    system: "resilient-api-gateway",
    edits: { "components/images.ts": [["redis:7.0.15-bookworm", "redis:latest"]] },
    says: [
      'StatefulSet api-gateway/redis, container "redis"',
      'image docker.io/library/redis:latest uses the moving tag "latest"',
      "[X08-image-pinned]",
    ],
    fix: "image: registry.example.com/team/name:v1.2.3   # or name@sha256:<digest>",
  },
  {
    title: "a workload that runs as root (X01)",
    system: "platform-service",
    edits: { "components/workload/pod.ts": [["runAsUser: args.identity.uid", "runAsUser: 0"]] },
    says: [
      'Deployment platform/platform-service, container "platform-service"',
      "runs as root (runAsUser 0)",
      "[X01-non-root]",
    ],
    fix: "runAsNonRoot: true",
  },
  {
    title: "a database whose backup is gone (X07)",
    system: "techbra-ecommerce",
    edits: {
      "components/capabilities/verified-backup/verified-backup.ts": [
        ["this.cronJob = new ScheduledJob(", "if (args.of === '') this.cronJob = new ScheduledJob("],
        ["{ schedule: this.cronJob.cronJob.spec.schedule }", "{}"],
        ["this.cronJob.runOnce(", "this.cronJob?.runOnce("],
      ],
    },
    says: [
      "StatefulSet techbra-test/postgres",
      'data store (postgres) has no backup: no CronJob in namespace "techbra-test" is labelled production-platform/backup-of=postgres',
      "[X07-backup]",
    ],
    fix: "production-platform/backup-of: postgres",
  },
];

for (const { title, system, edits, says, fix } of unsafe) {
  test.serial(`${title} is blocked in ${system}, and the message names the object, the rule and the fix`, async (t) => {
    const { code, output } = await preview({ ...only(system), ...edits });
    t.is(code, 1, output);
    t.regex(output, /preview of stack dev is BLOCKED/);
    for (const text of [...says, fix]) t.true(output.includes(text), `${text}\n\n${output}`);
  });
}

test.serial(
  "the last 24 lines of a blocked preview hold the violation, its place, the fix, the verdict and the next step with the stack's name",
  async (t) => {
    const { system, edits, says, fix } = unsafe[0]!;
    const { output } = await preview({ ...only(system), ...edits });
    const screen = output.trimEnd().split("\n").slice(-24).join("\n");
    for (const text of [
      ...says,
      fix,
      "preview of stack dev is BLOCKED: ",
      "next: mend what is named above, then npm run preview -- --stack dev",
    ])
      t.true(screen.includes(text), `${text}\n\n${output}`);
  },
);

test.serial("a wrong configuration is refused with every path, before anything is previewed", async (t) => {
  const { code, output } = await preview({
    "Pulumi.dev.yaml": [
      [
        "memoryRequest: 512Mi}\n      backup: {storage: 2Gi, keepDays: 7",
        "memoryRequest: 512MB}\n      backup: {storage: 2Gi, keepDays: 0",
      ],
      ["paymentFailureRate: 0.1", "paymentFailureRate: 10"],
    ],
  });
  t.is(code, 1);
  t.regex(output, /configuration has 3 wrong values/);
  t.regex(
    output,
    /bgc-platform\.postgres\.resources\.memoryRequest: expected an amount of memory or storage.*\(is "512MB"\)/,
  );
  t.regex(output, /bgc-platform\.postgres\.backup\.keepDays/);
  t.regex(output, /techbra-ecommerce\.paymentFailureRate/);
});

const misspelt: readonly { key: string; edits: Edits; says: string }[] = [
  {
    key: "a system's block",
    edits: { "Pulumi.prod.yaml": [["production-platform:bgc-platform:", "production-platform:bgc-platfrom:"]] },
    says: 'bgc-platfrom: there is no such setting; the nearest is "bgc-platform"; there are ',
  },
  {
    key: "clusterAddons",
    edits: { "Pulumi.prod.yaml": [["production-platform:clusterAddons:", "production-platform:clusterAddon:"]] },
    says: 'clusterAddon: there is no such setting; the nearest is "clusterAddons"; there are ',
  },
  {
    key: "policies",
    edits: { "Pulumi.prod.yaml": [["production-platform:policies:", "production-platform:polices:"]] },
    says: 'polices: there is no such setting; the nearest is "policies"; there are ',
  },
  {
    key: "the project",
    edits: { "Pulumi.prod.yaml": [["production-platform:clusterAddons:", "production-platfrom:clusterAddons:"]] },
    says: "production-platfrom:clusterAddons: there is no such project; write production-platform:clusterAddons",
  },
];
for (const { key, edits, says } of misspelt) {
  test.serial(
    `${key} misspelt at the top of a stack's file is refused by the engine's own run of the program`,
    async (t) => {
      const { code, output } = await preview(edits, "--stack", "prod");
      t.is(code, 1, output);
      t.true(output.includes(says), output);
      t.regex(output, /preview of stack prod is BLOCKED: /);
    },
  );
}

test.serial("an override for a namespace that the stack does not have is refused by the policy pack", async (t) => {
  const { code, output } = await preview(
    {
      "Pulumi.prod.yaml": [
        [
          "    enforcement: {B16-sealed-value: advisory}\n",
          "    enforcement: {B16-sealed-value: advisory}\n    overrides: [{ namespace: daat, rules: {} }]\n",
        ],
      ],
    },
    "--stack",
    "prod",
  );
  t.is(code, 1, output);
  t.true(
    output.includes(
      `an override of the policies is for namespace "daat", which the stack does not have; the nearest is "data"; there are ${[...namespacesOf("prod"), "velero"].sort().join(", ")}`,
    ),
    output,
  );
});

test.serial(
  "the contract server is refused in a stack that does not say that it is for development (B19)",
  async (t) => {
    const { "Pulumi.dev.yaml": alone = [] } = only("resilient-api-gateway");
    const { code, output } = await preview({
      "Pulumi.dev.yaml": [...alone, ["  production-platform:purpose: development\n", ""]],
    });
    t.is(code, 1, output);
    t.true(
      output.includes(
        '2 places: runs the contract server, and namespace "api-gateway" is not labelled production-platform/purpose=development [B19-contract-server]\n',
      ),
      output,
    );
    for (const program of ["proxy-service", "upstream-service"])
      t.regex(output, new RegExp(`^ +(Deployment \\S+; )?Deployment api-gateway/${program}(;|$)`, "m"), output);
  },
);
