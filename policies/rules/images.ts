import { literal } from "../cel.ts";
import { parseImage } from "../image-reference.ts";
import { podKinds } from "../pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";

const base = { scope: "container", kinds: podKinds, row: ["X08"], severity: "high" } as const;

const image = 'container.?image.orValue("")';

const pinned: ContainerRule = {
  ...base,
  id: "X08-image-pinned",
  title: "Images are pinned to a release or a digest",
  rationale: "A moving tag runs another program after every restart, and cannot be rolled back.",
  remediation: "image: registry.example.com/team/name:v1.2.3   # or name@sha256:<digest>",
  sources: {
    cis: ["5.5.1"],
    scanners: ["kube-linter latest-tag", "Trivy KSV-0013", "Checkov CKV_K8S_14", "Checkov CKV_K8S_43", "kube-score container-image-tag", "Polaris tagNotSpecified"],
  },
  admission: ({ "X08-image-pinned": { movingTags, requireDigest } }) => [
    { expression: `${image} != ""`, message: "has no image" },
    { expression: `!${image}.contains("@") || ${image}.matches("^[^@]*@sha256:[0-9a-f]{64}$")`, message: "image has a malformed digest" },
    { expression: `${image} == "" || ${image}.contains("@") || ${image}.matches(":[^/]+$")`, message: "image has no tag, which means latest" },
    { expression: `${image}.contains("@") || ${literal(movingTags)}.all(tag, !${image}.endsWith(":" + tag))`, message: `image uses a moving tag (${movingTags.join(", ")})` },
    ...(requireDigest ? [{ expression: `${image} == "" || ${image}.contains("@")`, message: "image has no digest" }] : []),
  ],
  *check({ spec, path }, _object, settings) {
    const at = `${path}.image`;
    if (!spec.image) {
      yield { path: at, message: "has no image" };
      return;
    }
    const { tag, digest } = parseImage(spec.image);
    const { movingTags, requireDigest } = settings["X08-image-pinned"];
    if (digest !== undefined) {
      if (!/^sha256:[0-9a-f]{64}$/.test(digest)) yield { path: at, message: `image ${spec.image} has a malformed digest` };
    } else if (!tag) {
      yield { path: at, message: `image ${spec.image} has no tag, which means latest` };
    } else if (movingTags.includes(tag)) {
      yield { path: at, message: `image ${spec.image} uses the moving tag "${tag}"` };
    } else if (requireDigest) {
      yield { path: at, message: `image ${spec.image} has no digest`, fix: `image: ${spec.image}@sha256:<digest>` };
    }
  },
};

const pullPolicy: ContainerRule = {
  ...base,
  id: "X08-pull-policy",
  severity: "medium",
  title: "Images can be pulled",
  rationale: "With Never a pod starts only where somebody loaded the image by hand, and nobody sees that the registry has lost it.",
  remediation: "imagePullPolicy: IfNotPresent   # enough for a pinned image; Always checks the credentials at each start",
  sources: { scanners: ["Checkov CKV_K8S_15", "kube-score container-image-pull-policy", "Polaris pullPolicyNotAlways"] },
  admission: [{ expression: 'container.?imagePullPolicy.orValue("") != "Never"', message: "imagePullPolicy is Never" }],
  *check({ spec, path }) {
    if (spec.imagePullPolicy === "Never") yield { path: `${path}.imagePullPolicy`, message: "imagePullPolicy is Never" };
  },
};

/** CEL of `qualified`: a first part with a dot or a port is a registry, and a name without one is Docker Hub's. */
const qualifiedImage = [
  `${image}.matches("^([^/]*[.:][^/]*|localhost)/") ? ${image}`, `${image}.contains("/") ? "docker.io/" + ${image}`, `"docker.io/library/" + ${image}`,
].join(" : ");

const registry: ContainerRule = {
  ...base,
  id: "X08-image-registry",
  title: "Images come from a registry that is allowed",
  rationale: "Whoever controls the registry controls what runs; a retired one gets no fixes and may vanish.",
  remediation: "image: registry.example.com/team/name:v1.2.3   # a registry of the setting `allowed`",
  sources: { cis: ["5.5.1"], scanners: ["Trivy KSV-0125"] },
  admission: ({ "X08-image-registry": { allowed, retired } }) => [
    { expression: `${literal(retired)}.all(registry, !(${qualifiedImage}).startsWith(registry + "/"))`, message: `image comes from a retired registry (${retired.join(", ")})` },
    ...(allowed.length === 0 ? [] : [{
      expression: `${image} == "" || ${literal(allowed)}.exists(registry, (${qualifiedImage}).startsWith(registry + "/"))`,
      message: `image comes from none of the registries ${allowed.join(", ")}`,
    }]),
  ],
  *check({ spec, path }, _object, settings) {
    if (!spec.image) return; // X08-image-pinned's
    const name = qualified(spec.image);
    const { allowed, retired } = settings["X08-image-registry"];
    const within = (registries: readonly string[]) => registries.find((candidate) => name.startsWith(`${candidate}/`));
    const gone = within(retired);
    if (gone !== undefined) yield { path: `${path}.image`, message: `image ${spec.image} comes from ${gone}, which is retired` };
    else if (allowed.length > 0 && within(allowed) === undefined) {
      yield { path: `${path}.image`, message: `image ${spec.image} comes from none of the registries ${allowed.join(", ")}` };
    }
  },
};

function qualified(reference: string): string {
  if (/^([^/]*[.:][^/]*|localhost)\//.test(reference)) return reference;
  return reference.includes("/") ? `docker.io/${reference}` : `docker.io/library/${reference}`;
}

/** X08: pinned images that can be pulled from where they should come. */
export const imageRules: readonly Rule[] = [pinned, pullPolicy, registry];
