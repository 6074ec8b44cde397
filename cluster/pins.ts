import { images } from "../components/images.ts";

/** A Go program of the toolchain and where it comes from. */
export interface Program {
  readonly name: string;
  /** Folder below cluster/modules whose go.mod and go.sum pin everything. */
  readonly module: string;
  /** Package to build. */
  readonly package: string;
  /** Build tags, which leave out parts that nobody here uses. @default none */
  readonly tags?: readonly string[];
  /** Variables that the linker sets: `import/path.Name` to value. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Files from a downloaded module that the package embeds: `{ module, files }`, copied into the package's folder. */
  readonly embeds?: { readonly module: string; readonly folder: string; readonly files: readonly string[] };
  /**
   * A module that is copied beside the program's with one file of ours in it: `from` has the go.mod that pins it, `to`
   * is where go.mod looks for the copy.
   */
  readonly copy?: {
    readonly module: string;
    readonly from: string;
    readonly to: string;
    readonly file: string;
    readonly by: string;
  };
  /** What the build takes on two cores with empty caches, in minutes. */
  readonly minutes: number;
}

export const versions = {
  pulumi: "3.215.0",
  kubernetesProvider: "4.25.0",
  randomProvider: "4.18.4",
  kubernetes: "1.35.4",
  kwok: "0.8.0",
  coredns: "1.15.0",
  metricsServer: "0.9.0",
  localPathProvisioner: "0.0.30",
  traefik: "3.6.12",
  kubeScore: "1.20.0",
  /** Of a line with long support; its Go module counts 3.13.5 as 0.313.5. */
  prometheus: images.prometheus.split(":v")[1]!,
  rclone: images.rclone.split(":")[1]!,
} as const;

/** Names of the images that only the local cluster itself uses. */
export const clusterImages = {
  pause: "registry.k8s.io/pause:3.10",
  coredns: `registry.k8s.io/coredns/coredns:v${versions.coredns}`,
  metricsServer: `registry.k8s.io/metrics-server/metrics-server:v${versions.metricsServer}`,
  localPathProvisioner: `docker.io/rancher/local-path-provisioner:v${versions.localPathProvisioner}`,
  busybox: "docker.io/library/busybox:1.35.0",
  traefik: `docker.io/library/traefik:v${versions.traefik}`,
} as const;

/** Images that workloads use and that are built where no registry can be reached. */
export const workloadImages = {
  postgres: images.postgres,
  redis: images.redis,
  mariadb: images.mariadb,
  mysql: images.mysql,
  kafka: images.kafka,
  node: images.node,
  nginx: images.nginx,
  rclone: images.rclone,
} as const;

const kubernetesVersion = `v${versions.kubernetes}`;

/** What `pulumi` needs besides the project. */
export const pulumiPrograms: readonly Program[] = [
  {
    name: "pulumi-resource-kubernetes",
    module: "pulumi",
    package: "./kubernetes-provider",
    variables: { "main.version": versions.kubernetesProvider },
    embeds: {
      module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
      folder: "cmd/pulumi-resource-kubernetes",
      files: ["schema.json", "terraform-mapping.json"],
    },
    minutes: 3,
  },
  {
    name: "pulumi",
    module: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}` },
    minutes: 2,
  },
  {
    name: "pulumi-language-nodejs",
    module: "language",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    minutes: 1,
  },
  {
    name: "pulumi-resource-random",
    module: "random",
    package: ".",
    variables: { "toolchain/random/info.Version": versions.randomProvider },
    minutes: 2,
  },
];

/** What the local cluster consists of. */
export const clusterPrograms: readonly Program[] = [
  {
    name: "kubernetes",
    module: "kubernetes",
    package: ".",
    variables: {
      "k8s.io/component-base/version.gitVersion": kubernetesVersion,
      "k8s.io/client-go/pkg/version.gitVersion": kubernetesVersion,
    },
    minutes: 5,
  },
  { name: "pause", module: "pause", package: ".", minutes: 1 },
  {
    name: "kwokctl",
    module: "addons",
    package: "sigs.k8s.io/kwok/cmd/kwokctl",
    variables: { "sigs.k8s.io/kwok/pkg/consts.Version": `v${versions.kwok}` },
    minutes: 1,
  },
  { name: "coredns", module: "addons", package: "./coredns", minutes: 1 },
  { name: "network-policies", module: "addons", package: "./network-policies", minutes: 1 },
  { name: "ingress-entry", module: "addons", package: "./ingress-entry", minutes: 0 },
  { name: "metrics-server", module: "addons", package: "sigs.k8s.io/metrics-server/cmd/metrics-server", minutes: 2 },
  {
    name: "local-path-provisioner",
    module: "addons",
    package: "github.com/rancher/local-path-provisioner",
    minutes: 1,
  },
];

/**
 * The local cluster's ingress controller, without its clients for DNS providers: nobody asks for a public certificate
 * here, and they are a third of the build.
 */
export const traefik: Program = {
  name: "traefik",
  module: "traefik",
  package: "github.com/traefik/traefik/v3/cmd/traefik",
  variables: { "github.com/traefik/traefik/v3/pkg/version.Version": `v${versions.traefik}` },
  copy: {
    module: "github.com/go-acme/lego/v4",
    from: "lego-origin",
    to: "lego",
    file: "providers/dns/zz_gen_dns_providers.go",
    by: "dns/dns-providers.go",
  },
  minutes: 4,
};

/** Plays a node, and the pods on it, where no kubelet can run; a real node needs nothing of it. */
export const simulator: Program = {
  name: "kwok",
  module: "addons",
  package: "sigs.k8s.io/kwok/cmd/kwok",
  variables: { "sigs.k8s.io/kwok/pkg/consts.Version": `v${versions.kwok}` },
  minutes: 2,
};

/** What the image of the upload holds, which is built where no registry can be reached. */
export const rclone: Program = {
  name: "rclone",
  module: "rclone",
  package: ".",
  variables: { "github.com/rclone/rclone/fs.Version": `v${versions.rclone}` },
  minutes: 2,
};

/**
 * What `npm run bench` compares `npm run check` with: a scanner of Kubernetes manifests that is built from its source
 * like all others.
 */
export const scanner: Program = {
  name: "kube-score",
  module: "kube-score",
  package: "github.com/zegl/kube-score/cmd/kube-score",
  variables: { "main.version": versions.kubeScore },
  minutes: 1,
};

/** The names the multi-call Kubernetes binary is called by. */
export const kubernetesParts = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubelet",
  "kubectl",
] as const;

/** The linter that a test runs over the workflows in `.github`. */
export const workflowLinter: Program = {
  name: "actionlint",
  module: "actionlint",
  package: "github.com/rhysd/actionlint/cmd/actionlint",
  minutes: 1,
};

/** Checks alerts and runs their cases, without the clients that find targets in clouds: rules need none. */
export const promtool: Program = {
  name: "promtool",
  module: "promtool",
  package: "github.com/prometheus/prometheus/cmd/promtool",
  tags: ["remove_all_sd"],
  variables: { "github.com/prometheus/common/version.Version": versions.prometheus },
  minutes: 3,
};
