import { volumes } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import { parseImage } from "../../model/image-reference.ts";
import type { RuleNumbers } from "../numbers.ts";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule, Violation } from "../rule.ts";

const pinnedBase = { kinds: podKinds, row: ["X08"], severity: "high" } as const;
const base = { ...pinnedBase, scope: "container" } as const;

/** The digests that registries give: both are in use. */
const digestPattern = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";

const image = 'container.?image.orValue("")';

const pinned: ContainerRule = {
  ...base,
  id: "X08-image-pinned",
  title: "Images are pinned to a release or a digest",
  rationale: "A moving tag runs another program after every restart, and cannot be rolled back.",
  remediation: "image: registry.example.com/team/name:v1.2.3   # or name@sha256:<digest>",
  sources: {
    cis: ["5.5.1"],
    scanners: [
      "kube-linter latest-tag",
      "Trivy KSV-0013",
      "Checkov CKV_K8S_14",
      "Checkov CKV_K8S_43",
      "kube-score container-image-tag",
      "Polaris tagNotSpecified",
    ],
  },
  admission: ({ "X08-image-pinned": { movingTags, requireDigest } }) => [
    { expression: `${image} != ""`, message: "has no image" },
    {
      expression: `!${image}.contains("@") || ${image}.matches("^[^@]*@(?:${digestPattern})$")`,
      message: "image has a malformed digest",
    },
    {
      expression: `${image} == "" || ${image}.contains("@") || ${image}.matches(":[^/]+$")`,
      message: "image has no tag, which means latest",
    },
    {
      expression: `${image}.contains("@") || ${literal(movingTags)}.all(tag, !${image}.lowerAscii().endsWith(":" + tag.lowerAscii()))`,
      message: `image uses a moving tag (${movingTags.join(", ")})`,
    },
    ...(requireDigest
      ? [{ expression: `${image} == "" || ${image}.contains("@")`, message: "image has no digest" }]
      : []),
  ],
  *check({ spec, path }, _object, settings) {
    const at = `${path}.image`;
    if (!spec.image) {
      yield { path: at, message: "has no image" };
      return;
    }
    yield* unpinned(spec.image, at, settings);
  },
};

const volumePinned: ObjectRule = {
  ...pinnedBase,
  id: "X08-image-volume-pinned",
  scope: "object",
  title: "Volumes of the type image are pinned to a release or a digest",
  rationale: "A model or a plug-in under a moving tag changes with every new pod, as a program does.",
  remediation:
    'volumes:\n  - name: model\n    image: { reference: "registry.example.com/models/name:v1.2.3" }   # or name@sha256:<digest>',
  admission: ({ "X08-image-pinned": { movingTags, requireDigest } }) => {
    const each = (expression: string) => `${volumes}.all(volume, !has(volume.image) || (${expression}))`;
    const reference = 'volume.image.?reference.orValue("")';
    return [
      { expression: each(`${reference} != ""`), message: "a volume has no image" },
      {
        expression: each(`!${reference}.contains("@") || ${reference}.matches("^[^@]*@(?:${digestPattern})$")`),
        message: "the image of a volume has a malformed digest",
      },
      {
        expression: each(`${reference} == "" || ${reference}.contains("@") || ${reference}.matches(":[^/]+$")`),
        message: "the image of a volume has no tag, which means latest",
      },
      {
        expression: each(
          `${reference}.contains("@") || ${literal(movingTags)}.all(tag, !${reference}.lowerAscii().endsWith(":" + tag.lowerAscii()))`,
        ),
        message: `the image of a volume uses a moving tag (${movingTags.join(", ")})`,
      },
      ...(requireDigest
        ? [
            {
              expression: each(`${reference} == "" || ${reference}.contains("@")`),
              message: "the image of a volume has no digest",
            },
          ]
        : []),
    ];
  },
  *check(object, settings) {
    const pod = podOf(object);
    for (const [index, { name, image: source }] of (pod?.spec.volumes ?? []).entries()) {
      if (!source) continue;
      const at = `${pod?.path}.volumes[${index}].image.reference`;
      if (!source.reference) yield { path: at, message: `volume "${name}" has no image` };
      else
        for (const violation of unpinned(source.reference, at, settings))
          yield { ...violation, message: `volume "${name}": ${violation.message}` };
    }
  },
};

function* unpinned(reference: string, path: string, settings: RuleNumbers): Generator<Violation> {
  const { tag, digest } = parseImage(reference);
  const { movingTags, requireDigest } = settings["X08-image-pinned"];
  if (digest !== undefined) {
    if (!new RegExp(`^(?:${digestPattern})$`).test(digest))
      yield { path, message: `image ${reference} has a malformed digest` };
  } else if (!tag) {
    yield { path, message: `image ${reference} has no tag, which means latest` };
  } else if (movingTags.some((moving) => moving.toLowerCase() === tag.toLowerCase())) {
    yield { path, message: `image ${reference} uses the moving tag "${tag}"` };
  } else if (requireDigest) {
    yield {
      path,
      message: `image ${reference} has no digest`,
      fix: `${path.slice(path.lastIndexOf(".") + 1)}: ${reference}@sha256:<digest>`,
    };
  }
}

const pullPolicy: ContainerRule = {
  ...base,
  id: "X08-pull-policy",
  severity: "medium",
  title: "Containers do not set imagePullPolicy: Never",
  rationale:
    "With Never a pod starts only on nodes that have the image already, and nobody notices when the registry has lost it.",
  remediation:
    "imagePullPolicy: IfNotPresent   # enough for a pinned image; Always checks the credentials at each start",
  sources: {
    scanners: ["Checkov CKV_K8S_15", "kube-score container-image-pull-policy", "Polaris pullPolicyNotAlways"],
  },
  admission: [{ expression: 'container.?imagePullPolicy.orValue("") != "Never"', message: "imagePullPolicy is Never" }],
  *check({ spec, path }) {
    if (spec.imagePullPolicy === "Never")
      yield { path: `${path}.imagePullPolicy`, message: "imagePullPolicy is Never" };
  },
};

/** CEL of `qualified`: a first part with a dot or a port is a registry, and a name without one is Docker Hub's. */
const qualifiedImage = [
  `${image}.matches("^([^/]*[.:][^/]*|localhost)/") ? ${image}`,
  `${image}.contains("/") ? "docker.io/" + ${image}`,
  `"docker.io/library/" + ${image}`,
].join(" : ");

const registry: ContainerRule = {
  ...base,
  id: "X08-image-registry",
  title: "Images come from an allowed registry",
  rationale: "A registry decides what runs; a retired one gets no fixes and may disappear.",
  remediation: "image: registry.example.com/team/name:v1.2.3   # a registry of the setting `allowed`",
  sources: { cis: ["5.5.1"], scanners: ["Trivy KSV-0125"] },
  admission: ({ "X08-image-registry": { allowed, retired } }) => [
    {
      expression: `${literal(retired)}.all(registry, !(${qualifiedImage}).startsWith(registry + "/"))`,
      message: `image comes from a retired registry (${retired.join(", ")})`,
    },
    ...(allowed.length === 0
      ? []
      : [
          {
            expression: `${image} == "" || ${literal(allowed)}.exists(registry, (${qualifiedImage}).startsWith(registry + "/"))`,
            message: `image comes from none of the registries ${allowed.join(", ")}`,
          },
        ]),
  ],
  *check({ spec, path }, _object, settings) {
    if (!spec.image) return; // X08-image-pinned's
    const name = qualified(spec.image);
    const { allowed, retired } = settings["X08-image-registry"];
    const within = (registries: readonly string[]) => registries.find((candidate) => name.startsWith(`${candidate}/`));
    const gone = within(retired);
    if (gone !== undefined)
      yield { path: `${path}.image`, message: `image ${spec.image} comes from ${gone}, which is retired` };
    else if (allowed.length > 0 && within(allowed) === undefined) {
      yield {
        path: `${path}.image`,
        message: `image ${spec.image} comes from none of the registries ${allowed.join(", ")}`,
      };
    }
  },
};

function qualified(reference: string): string {
  if (/^([^/]*[.:][^/]*|localhost)\//.test(reference)) return reference;
  return reference.includes("/") ? `docker.io/${reference}` : `docker.io/library/${reference}`;
}

/** X08: pinned images that can be pulled from where they should come. */
export const imageRules: readonly Rule[] = [pinned, volumePinned, pullPolicy, registry];
