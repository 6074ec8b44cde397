import test from "ava";
import { choice, isNear, nearestName } from "../../../settings/nearest-name.ts";

test("the nearest name takes the fewest changed letters, whatever their case", (t) => {
  const names = ["minTimeoutSeconds", "minFailureThreshold", "movingTags"];
  t.deepEqual(
    ["timeoutSeconds", "MINFAILURETRESHOLD", "tags"].map((name) => nearestName(name, names)),
    ["minTimeoutSeconds", "minFailureThreshold", "movingTags"],
  );
  t.is(nearestName("anything", []), undefined);
});

test("of two names that are equally near the first one is named", (t) => {
  t.deepEqual([nearestName("bat", ["cat", "hat"]), nearestName("bat", ["hat", "cat"])], ["cat", "hat"]);
});

test("a choice is listed in order; one too long to read says where it stands", (t) => {
  t.is(choice("replica", ["resources", "replicas"]), 'the nearest is "replicas"; there are replicas, resources');
  t.deepEqual(
    [choice("replica", ["replicas"]), choice("replica", [])],
    ['the only one is "replicas"', "there are none"],
  );
  const many = Array.from({ length: 21 }, (_, index) => `name${index}`);
  t.is(choice("name", many, "docs/names.md"), 'the nearest is "name0"; docs/names.md has them all');
  t.is(choice("name", many).split(", ").length, 21);
  t.is(choice("name", many.slice(1), "docs/names.md").split(", ").length, 20);
});

test("a slip of the project's name is near it, and no provider's name is", (t) => {
  const project = "production-platform";
  t.deepEqual(
    ["production-platfrom", "Production-Platform", "production_platform", "productionplatform", "production"].filter(
      (name) => !isNear(name, project),
    ),
    [],
  );
  const providers = [
    "pulumi",
    "pulumiservice",
    "kubernetes",
    "kubernetes-cert-manager",
    "random",
    "aws",
    "aws-native",
    "azure-native",
    "gcp",
    "google-native",
    "digitalocean",
    "cloudflare",
    "postgresql",
    "proxmoxve",
    "confluentcloud",
    "docker",
    "tls",
    "vault",
    "rancher2",
    "platform9",
    "openstack",
    "command",
    "prodvana",
    "prometheus",
  ];
  t.deepEqual(
    providers.filter((name) => isNear(name, project)),
    [],
  );
});
