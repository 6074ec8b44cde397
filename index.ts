import { loadSettings } from "./components/configuration.ts";
import { declarePlatform } from "./components/platform.ts";

export const { namespaces, urls, operations } = await declarePlatform(loadSettings());
