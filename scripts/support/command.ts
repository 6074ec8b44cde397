import { Command } from "commander";

/** A command whose wrong usage ends with exit code 2; asking for help ends with 0. */
export const command = (name: string): Command => new Command(name).exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
