/**
 * Pieces of CEL that rules share. Each reads `variables.pod`, the pod spec; those about one container read `container`
 * as well.
 */

/** A string or a list of strings as CEL writes it. */
export function literal(value: string | readonly string[]): string {
  return JSON.stringify(value);
}

/** Whether the pod says that it runs on Windows. */
export const isWindows = `variables.pod.?os.?name.orValue("") == "windows"`;

/** Whether the pod has a user namespace of its own. */
export const hasUserNamespace = "variables.pod.?hostUsers.orValue(true) == false";

/** Whether the container is a main one: names are unique in a pod. */
export const isMain = "variables.pod.?containers.orValue([]).exists(main, main.name == container.name)";

/** Whether the container was added to a running pod to look at it. */
export const isEphemeral =
  "variables.pod.?ephemeralContainers.orValue([]).exists(ephemeral, ephemeral.name == container.name)";

/** The pod's volumes. */
export const volumes = "variables.pod.?volumes.orValue([])";

/** The security contexts that hold for the container: the pod's and its own; an empty one where none is set. */
export const securityContexts = "[variables.pod.?securityContext.orValue({}), container.?securityContext.orValue({})]";

/** The annotations of the pod, not those of the object that makes it. */
export const podAnnotations =
  "(" +
  [
    'object.kind == "Pod" ? object.metadata.?annotations',
    'object.kind == "CronJob" ? object.spec.jobTemplate.spec.template.?metadata.?annotations',
    'object.kind == "PodTemplate" ? object.template.?metadata.?annotations',
    "object.spec.template.?metadata.?annotations",
  ].join(" : ") +
  ").orValue({})";

/** The seconds a pod has to stop; Kubernetes gives 30. */
export const gracePeriod = "variables.pod.?terminationGracePeriodSeconds.orValue(30)";
