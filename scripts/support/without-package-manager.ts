import * as module from "node:module";

// Pulumi's SDK loads npm's package manager, four hundred files, which it uses only to pack serialized functions. This
// project has none.
// Node.js 20 cannot leave it out.
module.registerHooks?.({
  resolve: (specifier, context, next) =>
    specifier === "@npmcli/arborist"
      ? { url: "node:util", format: "builtin", shortCircuit: true }
      : next(specifier, context),
});
