import { NotEvaluable } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import type { WalkedContainer } from "../model/pod-spec-walker.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** One setting of a server, as its command line or a configuration file gives it. */
export interface ServerSetting {
  /** In small letters with dashes, as servers do not tell `max_connections` from `max-connections`. */
  readonly name: string;
  readonly value: string;
}

/** Programs and queries: what looks like a setting there is none. */
const code = /\.(?:sh|sql|lua|py|rb|pl|[cm]?[jt]s)$/i;

/** The settings on a command line: `--name value`, `--name=value`, `-c name=value`, in a shell's line as well. */
export function settingsInArguments({ command = [], args = [] }: WalkedContainer["spec"]): ServerSetting[] {
  const words = [...command, ...args].flatMap(wordsOf);
  return words.flatMap((word, index) => {
    const [, name, joined] = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return [];
    const rest = words.slice(index + 1);
    const next = rest.findIndex((following) => /^--?[A-Za-z]/.test(following));
    const value =
      joined ??
      rest
        .slice(0, next === -1 ? rest.length : next)
        .join(" ")
        .trim();
    const [, option, given = ""] = (name === "c" && /^([\w.-]+)=(.*)$/s.exec(value)) || [];
    return [settingOf(option ?? name, option === undefined ? value : given)];
  });
}

/** The settings in a configuration file of Redis, Postgres or MySQL: `name value` or `name = value` a line. */
export function settingsInFile(text: string): ServerSetting[] {
  return text.split("\n").flatMap((line) => {
    const [, name, value = ""] = /^\s*([A-Za-z][\w.-]*)(?:\s*=\s*|\s+|$)(.*?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [settingOf(name, value.replace(/\s+#.*$/, ""))];
  });
}

/**
 * All values a server's setting is given: those of the arguments, then those of the mounted configuration files, which
 * are read only then.
 */
export function* settingValues(
  name: string,
  container: WalkedContainer,
  object: KubernetesObject,
  objects: ObjectIndex,
): Generator<string> {
  // Of two values the last one holds, so it comes first.
  const named = (settings: readonly ServerSetting[]) =>
    settings
      .filter((setting) => setting.name === name)
      .map(({ value }) => value)
      .reverse();
  yield* named(settingsInArguments(container.spec));
  for (const { kind, source } of mountedSources(container)) {
    for (const text of textsOf(kind, source, object, objects)) yield* named(settingsInFile(text));
  }
  const unread = unreadFile(container);
  if (unread !== undefined)
    throw new NotEvaluable(`${unread}, which configures the server, is in no ConfigMap or Secret that it mounts`);
}

/**
 * A configuration file on the command line that the pod or its image makes: an init container may copy it, and change
 * it on the way.
 */
function unreadFile(container: WalkedContainer): string | undefined {
  const mounts = mountedSources(container).map(({ mountPath }) => mountPath.replace(/\/$/, ""));
  const words = [...(container.spec.command ?? []), ...(container.spec.args ?? [])]
    .flatMap(wordsOf)
    .map((word) => word.replace(/^-{1,2}[\w-]+=/, ""));
  return words.find(
    (word) =>
      /^\/\S+\.(?:conf|cnf)$/.test(word) && !mounts.some((path) => word === path || word.startsWith(`${path}/`)),
  );
}

/** A server's setting: the arguments win over the files it mounts, as in the servers themselves. */
export function serverSetting(
  name: string,
  container: WalkedContainer,
  object: KubernetesObject,
  objects: ObjectIndex,
): string | undefined {
  const { value } = settingValues(name, container, object, objects).next();
  return value as string | undefined;
}

/** A ConfigMap or Secret whose content a container sees as files. */
export interface MountedSource {
  readonly kind: "ConfigMap" | "Secret";
  readonly source: string;
  /** Where the container sees it. */
  readonly mountPath: string;
}

/** A volume, or one source of a projected volume. */
interface Source {
  readonly configMap?: { readonly name?: string };
  readonly secret?: { readonly name?: string; readonly secretName?: string };
}

/** The ConfigMaps and Secrets that a container mounts. */
export function mountedSources({ spec, pod }: WalkedContainer): MountedSource[] {
  const volumes = new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return (spec.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
    const volume = volumes.get(name);
    const sources: readonly Source[] = volume === undefined ? [] : [volume, ...(volume.projected?.sources ?? [])];
    return sources.flatMap(({ configMap, secret }) => {
      // A volume names its Secret by secretName, a projected source by name.
      const secretName = secret?.secretName ?? secret?.name;
      return [
        ...(configMap?.name ? [{ kind: "ConfigMap", source: configMap.name, mountPath } as const] : []),
        ...(secretName ? [{ kind: "Secret", source: secretName, mountPath } as const] : []),
      ];
    });
  });
}

/**
 * The texts of a mounted ConfigMap or Secret; one that another stack owns cannot be read, and the verdict is then open.
 */
function textsOf(kind: "ConfigMap" | "Secret", name: string, object: KubernetesObject, objects: ObjectIndex): string[] {
  const source = objects.named(kind, object.namespace, name);
  if (source === undefined)
    throw new NotEvaluable(`${kind} ${object.namespace}/${name}, which configures the server, is not in this stack`);
  const texts = (field: "data" | "stringData") => {
    const files = (source.manifest[field] ?? {}) as Readonly<Record<string, string>>;
    return Object.keys(files)
      .filter((file) => !code.test(file))
      .map((file) => files[file] ?? "");
  };
  const plain = texts("data");
  return [
    ...(kind === "Secret" ? plain.map((text) => Buffer.from(text, "base64").toString()) : plain),
    ...texts("stringData"),
  ];
}

/** Words as a shell would make them of a line; a word of its own stays whole, an empty one too. */
function wordsOf(argument: string): string[] {
  const word = String(argument);
  if (!/\s/.test(word)) return [word];
  return (word.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((part) => part.replace(/["']/g, ""));
}

function settingOf(name: string, value: string): ServerSetting {
  return { name: name.toLowerCase().replaceAll("_", "-"), value: value.replace(/^(["'])(.*)\1$/s, "$2") };
}
