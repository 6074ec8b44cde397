import { checkout } from "./support/checkout.ts";
import { checkCommand } from "./support/check-command.ts";

process.exitCode = await checkCommand(process.argv.slice(2), {
  base: process.env["INIT_CWD"] ?? checkout,
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  colour: process.stdout.isTTY && !process.env["NO_COLOR"],
  kubeconfig: process.env["KUBECONFIG"],
});
