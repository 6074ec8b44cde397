import { credentials } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import type { EnforcementLevel, Policies } from "@pulumi/policy";
import protocol from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import test from "ava";
import { readResource, readResources } from "../../../../policies/gates/pulumi/analyzer/resource.ts";
import { serve } from "../../../../policies/gates/pulumi/analyzer/service.ts";

const secretOf = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource as the engine sends it. */
const sent = (name: string, properties: object) =>
  new messages.AnalyzeRequest()
    .setType("kubernetes:core/v1:ConfigMap")
    .setUrn(`urn:${name}`)
    .setName(name)
    .setProperties(structs.Struct.fromJavaScript(properties as never))
    .setOptions(new messages.AnalyzerResourceOptions().setProtect(true));

test("a resource of the engine is read with every kind of value, and secrets as what they hold", (t) => {
  const properties = {
    text: "häß 🙂",
    "": "nameless",
    no: false,
    none: null,
    zero: 0,
    half: -0.5,
    list: [1, "two", [], {}, null, [secretOf(3)]],
    deep: { er: { empty: "" } },
  };
  const { type, urn, name, props } = readResource(
    sent("one", { ...properties, password: secretOf({ in: secretOf("s3cret") }) }).serializeBinary(),
  );
  t.deepEqual([type, urn, name], ["kubernetes:core/v1:ConfigMap", "urn:one", "one"]);
  t.deepEqual(JSON.parse(JSON.stringify(props)), {
    ...properties,
    list: [1, "two", [], {}, null, [3]],
    password: { in: "s3cret" },
  });
});

test("a value that is not known yet cannot be read, and those beside it can", (t) => {
  const { props } = readResource(sent("one", { data: { known: "yes", later: unknownString } }).serializeBinary());
  const data = props["data"] as Record<string, unknown>;
  t.is(data["known"], "yes");
  t.throws(() => data["later"], { message: "string value at .data.later can't be known during preview" });
});

test("resources without properties are read, and all of a stack in their order", (t) => {
  t.deepEqual(
    { ...readResource(new messages.AnalyzeRequest().setType("random").serializeBinary()) },
    { type: "random", urn: "", name: "", props: {} },
  );
  const stack = new messages.AnalyzeStackRequest().setResourcesList(
    ["b", "a"].map((name) =>
      new messages.AnalyzerResource()
        .setName(name)
        .setUrn(`urn:${name}`)
        .setParent("urn:stack")
        .setDependenciesList(["urn:x"])
        .setProperties(structs.Struct.fromJavaScript({ name })),
    ),
  );
  t.deepEqual(
    readResources(stack.serializeBinary()).map(({ urn, props }) => [urn, props["name"]]),
    [
      ["urn:b", "b"],
      ["urn:a", "a"],
    ],
  );
});

const policies: Policies = [
  {
    name: "short-names",
    description: "Names are short",
    displayName: "Short",
    enforcementLevel: "mandatory",
    severity: "high",
    tags: ["X01"],
    remediationSteps: "Take another",
    configSchema: { properties: { most: { type: "integer", default: 3 } } },
    validateResource: ({ name, getConfig }, report) => {
      const { most = 3 } = getConfig<{ most?: number }>();
      if (name.length > most) report({ message: `${name} is longer than ${most}`, urn: `urn:${name}` } as never);
      if (name === "broken") throw new Error("no such thing");
    },
  },
  {
    name: "few",
    description: "Stacks are small",
    enforcementLevel: "advisory",
    validateStack: ({ resources }, report) =>
      report({ message: `${resources.length} of them`, enforcementLevel: "mandatory" } as never),
  },
];

type Client = InstanceType<typeof protocol.AnalyzerClient>;

/** Serves the policies for a test, and returns what makes a call as the engine would. */
async function engine(t: { teardown(end: () => void): void }) {
  const { port, stop } = await serve({ name: "pack", displayName: "Pack", version: "1.2.3", policies });
  const client = new protocol.AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => {
    client.close();
    stop();
  });
  const called = <Request, Response>(
    method: (this: Client, request: Request, done: (error: ServiceError | null, response: Response) => void) => unknown,
    request: Request,
  ) =>
    new Promise<Response>((resolve, reject) =>
      method.call(client, request, (error, response) => (error ? reject(error) : resolve(response))),
    );
  const configured = (own: Record<string, [EnforcementLevel, object]>) => {
    const levels = { advisory: 0, mandatory: 1, disabled: 2, remediate: 3 };
    const request = new messages.ConfigureAnalyzerRequest();
    for (const [name, [level, properties]] of Object.entries(own)) {
      request
        .getPolicyconfigMap()
        .set(
          name,
          new messages.PolicyConfig()
            .setEnforcementlevel(levels[level])
            .setProperties(structs.Struct.fromJavaScript(properties as never)),
        );
    }
    return called(client.configure as never, request);
  };
  const saysOf = async (name: string) =>
    (await called<object, InstanceType<typeof messages.AnalyzeResponse>>(client.analyze as never, sent(name, {})))
      .getDiagnosticsList()
      .map((each) => each.toObject());
  return { client, called, configured, saysOf };
}

const tooLong = {
  policyname: "short-names",
  policypackname: "pack",
  policypackversion: "1.2.3",
  description: "Names are short",
  message: "long is longer than 3",
  enforcementlevel: 1,
  urn: "urn:long",
  severity: 3,
};

test("the engine is told every policy, with its level, its numbers and what it judges", async (t) => {
  const { client, called } = await engine(t);
  const info = (
    await called<object, InstanceType<typeof messages.AnalyzerInfo>>(client.getAnalyzerInfo as never, new empty.Empty())
  ).toObject();
  t.like(info, { name: "pack", displayname: "Pack", version: "1.2.3", supportsconfig: true });
  const [first, second] = info.policiesList;
  t.like(first, {
    name: "short-names",
    displayname: "Short",
    description: "Names are short",
    enforcementlevel: 1,
    severity: 3,
    tagsList: ["X01"],
    remediationSteps: "Take another",
    policyType: 1,
  });
  t.deepEqual(
    first?.configschema?.properties?.fieldsMap.map(([name]) => name),
    ["most"],
  );
  t.like(second, { name: "few", enforcementlevel: 0, severity: 0, policyType: 2 });
  t.is(second?.configschema, undefined);
});

test("a policy's findings are sent with its level, and its configuration changes both", async (t) => {
  const { configured, saysOf } = await engine(t);
  t.deepEqual([await saysOf("ok"), await saysOf("long")], [[], [tooLong]]);
  await configured({ "short-names": ["advisory", { most: 1 }] });
  t.deepEqual(await saysOf("ok"), [{ ...tooLong, message: "ok is longer than 1", urn: "urn:ok", enforcementlevel: 0 }]);
  await configured({ "short-names": ["disabled", {}] });
  t.deepEqual(await saysOf("long"), []);
  await configured({ "short-names": ["remediate", {}] });
  t.deepEqual(await saysOf("long"), [tooLong]);
});

test("policies about the stack are asked at its end, and a violation's own level wins", async (t) => {
  const { client, called } = await engine(t);
  const request = new messages.AnalyzeStackRequest().setResourcesList([
    new messages.AnalyzerResource(),
    new messages.AnalyzerResource(),
  ]);
  const said = (
    await called<object, InstanceType<typeof messages.AnalyzeResponse>>(client.analyzeStack as never, request)
  ).toObject().diagnosticsList;
  t.deepEqual(
    said.map(({ policyname, message, enforcementlevel, urn }) => [policyname, message, enforcementlevel, urn]),
    [["few", "2 of them", 1, ""]],
  );
});

test("a policy that fails is named to the engine, and what the pack does not do is left to it", async (t) => {
  const { client, called, saysOf } = await engine(t);
  await t.throwsAsync(saysOf("broken"), { message: /^2 UNKNOWN: policy short-names failed: Error: no such thing\n/ });
  await t.throwsAsync(called(client.remediate as never, sent("long", {})), {
    message: "12 UNIMPLEMENTED: The server does not implement the method /pulumirpc.Analyzer/Remediate",
  });
});

test("a level that the engine alone knows is refused with what to do", async (t) => {
  const { client, called } = await engine(t);
  const request = new messages.ConfigureAnalyzerRequest();
  request.getPolicyconfigMap().set("few", new messages.PolicyConfig().setEnforcementlevel(9 as never));
  await t.throwsAsync(called(client.configure as never, request), {
    message:
      "2 UNKNOWN: the engine asks for the enforcement level 9, which this policy pack does not know: update @pulumi/pulumi, or use an older Pulumi",
  });
});
