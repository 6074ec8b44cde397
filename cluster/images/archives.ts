import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildPrograms, sweep } from "../build.ts";
import { ensureMaven } from "../local/packages.ts";
import { withLock } from "../lock.ts";
import { cacheFolder } from "../paths.ts";
import { workloadImages } from "../pins.ts";
import { type Print, step } from "../progress.ts";
import { archivePath, buildImage } from "./build.ts";
import type { Recipe } from "./recipe.ts";
import { recipes, traefikImage } from "./recipes.ts";

/** An image archive in the cache. */
export interface Archive {
  readonly name: string;
  readonly file: string;
}

/** The registry of the images whose names say docker.io. */
const registry = "https://registry-1.docker.io/v2/";

/** Whether images can be pulled; any answer will do, since without a login it is a refusal. */
const registryAnswers = (): Promise<boolean> =>
  fetch(registry, { signal: AbortSignal.timeout(3000) }).then(
    () => true,
    () => false,
  );

/** The order of the builds: images of packages alone come first, because programs are compiled meanwhile. */
export const buildOrder = (images: readonly Recipe[]): Recipe[] => [
  ...images.filter(({ program }) => !program),
  ...images.filter(({ program }) => program),
];

/**
 * Builds what the cache does not hold; returns all archives. Images of workloads are built only where no registry can
 * be
 * reached: elsewhere the kubelet pulls the originals.
 */
export async function buildImages(print: Print): Promise<Archive[]> {
  const pullable = await registryAnswers();
  print(
    pullable
      ? "the image registry answers: workloads get its images"
      : "no image registry can be reached: images of the same names and contract are built from Debian, npm, Go and Maven packages",
  );
  return buildAll(
    buildOrder(
      recipes().filter(({ name }) => !pullable || !(Object.values(workloadImages) as string[]).includes(name)),
    ),
    print,
  );
}

/** Builds the image of the ingress controller, unless the cache holds it or the kubelet pulls it. */
export const buildIngressImage = async (print: Print): Promise<Archive[]> =>
  (await registryAnswers()) ? [] : buildAll([traefikImage], print);

async function buildAll(images: readonly Recipe[], print: Print): Promise<Archive[]> {
  const folder = join(cacheFolder, "images");
  mkdirSync(folder, { recursive: true });
  return withLock(join(cacheFolder, "images.lock"), print, async () => {
    sweep(folder);
    const archives: Archive[] = [];
    for (const recipe of images) {
      if (recipe.program) await buildPrograms([recipe.program], print);
      const file = archivePath(recipe);
      if (!existsSync(file)) {
        if (recipe.maven) await ensureMaven(print);
        await step(`image ${recipe.name}`, print, () => buildImage(recipe, file));
      }
      archives.push({ name: recipe.name, file });
    }
    return archives;
  });
}
