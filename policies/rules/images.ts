import { parseImage } from "../image-reference.ts";
import { podKinds } from "../pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";

const pinned: ContainerRule = {
  id: "X08-image-pinned",
  scope: "container",
  kinds: podKinds,
  row: ["X08"],
  severity: "high",
  title: "Images are pinned to a release or a digest",
  rationale: "A moving tag runs another program after every restart, and cannot be rolled back.",
  remediation: "image: registry.example.com/team/name:v1.2.3   # or name@sha256:<digest>",
  *check({ spec, path }, _object, settings) {
    const at = `${path}.image`;
    if (!spec.image) {
      yield { path: at, message: "has no image" };
      return;
    }
    const { tag, digest } = parseImage(spec.image);
    if (digest !== undefined) {
      if (!/^sha256:[0-9a-f]{64}$/.test(digest)) yield { path: at, message: `image ${spec.image} has a malformed digest` };
    } else if (!tag) {
      yield { path: at, message: `image ${spec.image} has no tag, which means latest` };
    } else if (settings["X08-image-pinned"].movingTags.includes(tag)) {
      yield { path: at, message: `image ${spec.image} uses the moving tag "${tag}"` };
    }
  },
};

/** X08: pinned images. */
export const imageRules: readonly Rule[] = [pinned];
