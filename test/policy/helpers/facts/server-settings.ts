import { containersOf, podOf } from "../../../../policies/model/pod-spec-walker.ts";
import { examplesOf, object, stack } from "../example.ts";

type Settings = typeof import("../../../../policies/facts/server-settings.ts");

const settings = (list: readonly { name: string; value: string }[]) =>
  list.map(({ name, value }) => `${name}=${value}`).join(";");
const inArguments =
  (...lists: readonly (readonly string[])[]) =>
  ({ settingsInArguments }: Settings) =>
    lists.map((args) => settings(settingsInArguments({ name: "main", args: [...args] })));
const inFile =
  (...texts: readonly string[]) =>
  ({ settingsInFile }: Settings) =>
    texts.map((text) => settings(settingsInFile(text)));

const server = (container: object, volumes: readonly object[] = []) =>
  object("StatefulSet", "db", {
    spec: { template: { spec: { containers: [{ name: "main", image: "postgres:16", ...container }], volumes } } },
  });
const first = (workload: ReturnType<typeof server>) => [...containersOf(podOf(workload)!)][0]!;
const files = (data: object) => object("ConfigMap", "conf", { data });
const secret = object("Secret", "keys", {
  data: { "a.conf": Buffer.from("max_connections 7").toString("base64") },
  stringData: { "b.conf": "max_connections 8" },
});
const mounted = { volumeMounts: [{ name: "conf", mountPath: "/etc/db/" }] };
const fromConfigMap = [{ name: "conf", configMap: { name: "conf" } }];
const fromSecret = [{ name: "conf", secret: { secretName: "keys" } }];
/** All values of `max_connections` that a server is given. */
const given =
  (workload: ReturnType<typeof server>, ...others: readonly ReturnType<typeof object>[]) =>
  ({ settingValues }: Settings) => [
    ...settingValues("max-connections", first(workload), workload, stack(workload, ...others)),
  ];

export const serverSettings = examplesOf<Settings>("policies/facts/server-settings.ts", {
  "settings on a command line have their values behind them": [
    inArguments(
      ["--maxmemory", "1gb"],
      ["--maxmemory=1gb"],
      ["-c", "max_connections=5"],
      ["-c max_connections=5"],
      ["--save", "60", "1", "--port", "1"],
      ["--save", ""],
      ["--appendonly"],
      ["run"],
      ["-c", "x"],
      ["-b", "max_connections=5"],
    ),
    [
      "maxmemory=1gb",
      "maxmemory=1gb",
      "max-connections=5",
      "max-connections=5",
      "save=60 1;port=1",
      "save=",
      "appendonly=",
      "",
      "c=x",
      "b=max_connections=5",
    ],
  ],
  "a negative value is no setting": [
    inArguments(["--timeout", "-1", "--x", "1"], ["--timeout=-1"]),
    ["timeout=-1;x=1", "timeout=-1"],
  ],
  "a shell's line is read by its words, and quotation marks are left out": [
    inArguments(["redis-server --maxmemory '1 gb' --save \"\" --dir /data"], ['--name="a b"'], ["two words"]),
    ["maxmemory=1 gb;save=;dir=/data", "name=a b", ""],
  ],
  "a command's words come before those of its arguments": [
    ({ settingsInArguments }) =>
      settings(settingsInArguments({ name: "main", command: ["db", "--a"], args: ["1", "--b", "2"] })),
    "a=1;b=2",
  ],
  "a file has a setting a line, without its comments": [
    inFile(
      "maxmemory 1gb\nmax_connections = 5 # five\n# a b\n\n[mysqld]\nskip_name\nShared_Buffers='1 GB'",
      'a = "b c"',
      "a=1",
    ),
    ["maxmemory=1gb;max-connections=5;skip-name=;shared-buffers=1 GB", "a=b c", "a=1"],
  ],
  "the last value of the arguments holds, then that of the files": [
    given(
      server({ args: ["--max_connections=1", "--max-connections=2"], ...mounted }, fromConfigMap),
      files({ "a.conf": "max_connections 3\nmax_connections 4" }),
    ),
    ["2", "1", "4", "3"],
  ],
  "a Secret's files are read from both of its fields": [given(server(mounted, fromSecret), secret), ["7", "8"]],
  "programs among the files hold no setting": [
    given(
      server(mounted, fromConfigMap),
      files({ "a.sh": "max_connections 1", "b.sql": "max_connections 2", "c.cnf": "max_connections 3" }),
    ),
    ["3"],
  ],
  "a source that the stack does not have leaves the verdict open": [
    given(server(mounted, fromConfigMap)),
    "throws ConfigMap shop/conf, which configures the server, is not in this stack",
  ],
  "a file on the command line that nobody mounts leaves the verdict open": [
    (helper) =>
      [
        "/etc/db/a.conf",
        "--config=/etc/db/a.cnf",
        "/etc/db.conf",
        "--config=/run/a.conf",
        "/run/a.txt",
        "etc/a.conf",
      ].map((word) => {
        try {
          return given(server({ args: [word], ...mounted }, fromConfigMap), files({}))(helper).length;
        } catch (error) {
          return (error as Error).message;
        }
      }),
    [
      0,
      0,
      "/etc/db.conf, which configures the server, is in no ConfigMap or Secret that it mounts",
      "/run/a.conf, which configures the server, is in no ConfigMap or Secret that it mounts",
      0,
      0,
    ],
  ],
  "a file may be mounted for itself, beside others": [
    given(
      server(
        {
          args: ["/etc/a.conf"],
          volumeMounts: [
            { name: "tmp", mountPath: "/tmp" },
            { name: "conf", mountPath: "/etc/a.conf" },
            { name: "conf", mountPath: "/x" },
          ],
        },
        fromConfigMap,
      ),
      files({ x: "max_connections 3" }),
    ),
    ["3", "3"],
  ],
  "one setting is the first of its values": [
    ({ serverSetting }) => {
      const workload = server({ args: ["--a=1", "--a=2"] });
      return [
        serverSetting("a", first(workload), workload, stack()),
        serverSetting("b", first(workload), workload, stack()),
      ];
    },
    ["2", undefined],
  ],
  "what a container mounts are ConfigMaps and Secrets, of projected volumes too": [
    ({ mountedSources }) =>
      mountedSources(
        first(
          server(
            {
              volumeMounts: [
                { name: "a", mountPath: "/a" },
                { name: "b", mountPath: "/b" },
                { name: "c", mountPath: "/c" },
                { name: "none", mountPath: "/n" },
              ],
            },
            [
              { name: "a", configMap: { name: "one" } },
              { name: "b", projected: { sources: [{ secret: { name: "two" } }, { configMap: { name: "three" } }] } },
              { name: "c", emptyDir: {} },
              { name: "unused", configMap: { name: "four" } },
            ],
          ),
        ),
      ).map(({ kind, source, mountPath }) => `${kind} ${source} ${mountPath}`),
    ["ConfigMap one /a", "Secret two /b", "ConfigMap three /b"],
  ],
});
