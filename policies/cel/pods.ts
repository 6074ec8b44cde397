import { cel } from "./template.ts";

/*
 * Pieces of CEL that rules share. Each reads `variables.pod`, the pod spec; those about one container read `container`
 * as well.
 */

/** Whether the pod says that it runs on Windows. */
export const isWindows = cel`variables.pod.?os.?name.orValue("") == "windows"`;

/** Whether the pod has a user namespace of its own. */
export const hasUserNamespace = cel`variables.pod.?hostUsers.orValue(true) == false`;

/** Whether the container is a main one: names are unique in a pod. */
export const isMain = cel`variables.pod.?containers.orValue([]).exists(main, main.name == container.name)`;

/** Whether the container was added to a running pod to look at it. */
export const isEphemeral = cel`variables.pod.?ephemeralContainers.orValue([]).exists(ephemeral, ephemeral.name == container.name)`;

/** The pod's volumes. */
export const volumes = cel`variables.pod.?volumes.orValue([])`;

/** The security contexts that hold for the container: the pod's and its own; an empty one where none is set. */
export const securityContexts = cel`[variables.pod.?securityContext.orValue({}), container.?securityContext.orValue({})]`;

/** The annotations of the pod, not those of the object that makes it. */
export const podAnnotations = cel`(
  object.kind == "Pod" ? object.metadata.?annotations :
  object.kind == "CronJob" ? object.spec.jobTemplate.spec.template.?metadata.?annotations :
  object.kind == "PodTemplate" ? object.template.?metadata.?annotations :
  object.spec.template.?metadata.?annotations
).orValue({})`;

/** The seconds a pod has to stop; Kubernetes gives 30. */
export const gracePeriod = cel`variables.pod.?terminationGracePeriodSeconds.orValue(30)`;
