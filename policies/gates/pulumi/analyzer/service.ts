import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { handleUnaryCall, MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import type { EnforcementLevel } from "@pulumi/policy";
import protocol from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { analyzerInfo, diagnostic, levelNamed } from "./answers.ts";
import type { Policy, PolicyPack, Violation } from "./answers.ts";
import { readResource, readResources } from "./resource.ts";

/** What `--policy-pack-config` says of one policy. */
interface Configured {
  readonly level: EnforcementLevel;
  readonly properties: object;
}

/** Runs what a policy checks, with what it is told of its configuration and a way to report. */
type Check = (policy: Policy, own: { getConfig: () => object }, report: (violation: Violation) => void) => unknown;

type Answerable<Request, Response> = Pick<
  MethodDefinition<unknown, Response>,
  "path" | "requestStream" | "responseStream" | "responseSerialize"
> & { readonly requestDeserialize: (bytes: Buffer) => Request };

const { analyze, analyzeStack, configure, configureStack, getAnalyzerInfo, getPluginInfo } = protocol.AnalyzerService;

/**
 * Serves a policy pack to the engine as its protocol for analyzers asks for, on a free port of this machine until it is
 * stopped. The policy SDK's server
 * does the same, at more than twice the cost: it loads all of Pulumi, and reads each resource anew for every policy and
 * for remediations, of which this pack has none.
 */
export function serve(pack: PolicyPack): Promise<{ readonly port: number; stop(): void }> {
  const configured = new Map<string, Configured>();
  const run = (check: Check) => {
    const found = pack.policies.flatMap((policy) => {
      const { level = policy.enforcementLevel!, properties = {} } = configured.get(policy.name) ?? {};
      if (level === "disabled") return [];
      const violations: Violation[] = [];
      try {
        check(policy, { getConfig: () => properties }, (violation) => violations.push(violation));
      } catch (error) {
        throw new Error(`policy ${policy.name} failed: ${error instanceof Error ? error.stack : error}`);
      }
      return violations.map((violation) => diagnostic(pack, policy, level, violation));
    });
    return new messages.AnalyzeResponse().setDiagnosticsList(found);
  };
  const calls = [
    call(getAnalyzerInfo, () => analyzerInfo(pack)),
    call(getPluginInfo, () => new plugin.PluginInfo().setVersion(pack.version)),
    call(configureStack, () => new messages.AnalyzerStackConfigureResponse()),
    call(configure, (request) => {
      configured.clear();
      request.getPolicyconfigMap().forEach((config, name) =>
        configured.set(name, {
          level: levelNamed(config.getEnforcementlevel()),
          properties: config.getProperties()?.toJavaScript() ?? {},
        }),
      );
      return new empty.Empty();
    }),
    call({ ...analyze, requestDeserialize: readResource }, (resource) =>
      run((policy, own, report) => {
        if ("validateResource" in policy) validate(policy.validateResource, Object.assign(resource, own), report);
      }),
    ),
    call({ ...analyzeStack, requestDeserialize: readResources }, (resources) =>
      run((policy, own, report) => {
        if ("validateStack" in policy) validate(policy.validateStack, { ...own, resources }, report);
      }),
    ),
  ];
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.enable_channelz": 0 });
  server.addService(
    Object.fromEntries(calls.map(({ method }) => [method.path, method])) as unknown as ServiceDefinition,
    Object.fromEntries(calls.map(({ method, handle }) => [method.path, handle])),
  );
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve({ port, stop: () => server.forceShutdown() }),
    ),
  );
}

/** Calls what the policy SDK's types say of a policy with the part of its arguments that this pack's policies read. */
function validate(check: unknown, args: object, report: (violation: Violation) => void): void {
  (check as (args: object, report: (violation: Violation) => void) => void)(args, report);
}

/** A method of the protocol with its request as `requestDeserialize` makes it, and the answer to it. */
function call<Request, Response>(method: Answerable<Request, Response>, answer: (request: Request) => Response) {
  const handle: handleUnaryCall<Request, Response> = ({ request }, callback) => {
    let response: Response;
    try {
      response = answer(request);
    } catch (error) {
      return callback({ details: error instanceof Error ? error.message : String(error), code: 2 });
    }
    callback(null, response);
  };
  return { method, handle };
}
