import * as pulumi from "@pulumi/pulumi";
import { images } from "../images.ts";
import { Workload } from "../workload/workload.ts";
import { ContentMap } from "./content-map.ts";

export interface ReverseProxyArgs {
  readonly namespace: string;
  readonly upstream: { readonly service: string; readonly port: number };
  readonly replicas: number;
  /** What is passed on, as {@link WebIngressArgs.paths}; everything else is a 404. */
  readonly paths: readonly string[];
  /**
   * Whether the one in front logs clients in and names them in {@link identityHeaders}; these are removed where not.
   */
  readonly authenticatingProxy: boolean;
}

/** Headers in which an authenticating proxy says who a client is. */
const identityHeaders = ["X-Client-Id", "X-User-Id"];

/** An nginx that passes everything on to one service and says who the client is (G11). */
export class ReverseProxy extends pulumi.ComponentResource {
  readonly service: { readonly name: string; readonly port: number };

  constructor(name: string, args: ReverseProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:ReverseProxy", name, {}, options);
    const { namespace } = args;
    const map = new ContentMap(
      `${name}-config`,
      { namespace, labels: { app: name }, files: { "default.conf": configuration(args) } },
      { parent: this },
    );
    const alive = { http: "/nginx-health", port: "http" } as const;
    new Workload(
      name,
      {
        namespace,
        labels: { app: name },
        controller: { kind: "Deployment" },
        replicas: { fixed: args.replicas },
        identity: { uid: 101, gid: 101 },
        terminationGracePeriod: "40s",
        containers: [
          {
            name,
            image: images.nginx,
            ports: { http: 8080 },
            probes: {
              startup: { ...alive, period: "2s", failureThreshold: 30 },
              readiness: alive,
              liveness: { tcp: "http", period: "15s", failureThreshold: 4 },
            },
            resources: { cpu: { request: "20m", limit: "500m" }, memory: { request: "32Mi", limit: "128Mi" } },
            mounts: [
              { path: "/etc/nginx/conf.d", configMap: map.mapName },
              { path: "/tmp", scratch: "128Mi" },
            ],
            preStopSleep: 5,
          },
        ],
        service: { name, ports: { 8080: "http" } },
      },
      { parent: this },
    );
    this.service = { name, port: 8080 };
    this.registerOutputs({});
  }
}

/**
 * A pattern for the paths and what is below them; nginx compares it with the path after it was decoded and normalized.
 */
const passedOn = (paths: readonly string[]): string =>
  `^(?:${paths.map((path) => (path === "/" ? path : `${path.replaceAll(".", "\\.")}(?:/.*)?`)).join("|")})$`;

const configuration = ({
  upstream,
  namespace,
  paths,
  authenticatingProxy,
}: ReverseProxyArgs): string => `map $http_x_forwarded_proto $client_scheme { default $http_x_forwarded_proto; "" $scheme; }
map $http_x_request_id $correlation_id { default $http_x_request_id; "" $request_id; }
server {
  listen 8080;
  # Only the ingress controller reaches this pod, and the last address it names is the client's.
  set_real_ip_from 0.0.0.0/0;
  set_real_ip_from ::/0;
  real_ip_header X-Forwarded-For;
  location = /nginx-health { access_log off; return 200 "ok\\n"; }
  location / { return 404; }
  location ~ ${passedOn(paths)} {
    proxy_pass http://${upstream.service}.${namespace}.svc:${upstream.port};
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Request-Id $correlation_id;
    proxy_set_header X-Forwarded-Proto $client_scheme;
    proxy_set_header X-Forwarded-For $remote_addr;
${authenticatingProxy ? "" : identityHeaders.map((name) => `    proxy_set_header ${name} "";\n`).join("")}    proxy_connect_timeout 3s;
    proxy_read_timeout 30s;
  }
}
`;
