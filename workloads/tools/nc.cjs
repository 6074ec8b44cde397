#!/usr/local/bin/node
// Connection checks with the arguments, messages and exit codes of OpenBSD's nc: `nc -zv [-w SECONDS] HOST PORT`.
// The Node.js image has no nc; this answers the one question operators ask it and refuses everything else.
"use strict";
const net = require("node:net");

const usage = "usage: nc -zv [-w SECONDS] HOST PORT";
const fail = (message) => {
  process.stderr.write(`nc: ${message}\n`);
  process.exit(1);
};

let verbose = false;
let scan = false;
let seconds = 10;
const operands = [];
const args = process.argv.slice(2);
while (args.length > 0) {
  const argument = args.shift();
  if (!/^-[a-z]/i.test(argument)) operands.push(argument);
  else
    for (const [index, flag] of [...argument.slice(1)].entries()) {
      if (flag === "z") scan = true;
      else if (flag === "v") verbose = true;
      else if (flag === "w") {
        const value = argument.slice(index + 2) || args.shift() || "";
        if (!/^[1-9]\d{0,5}$/.test(value)) fail(`timeout "${value}" is not a whole number of seconds\n${usage}`);
        seconds = Number(value);
        break;
      } else if (flag !== "n") fail(`option -${flag} is not supported here\n${usage}`);
    }
}
const [host, port] = operands;
if (!scan || operands.length !== 2) fail(`only connection checks are supported here\n${usage}`);
if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535)
  fail(`port "${port}" is not a number from 1 to 65535`);

const reasons = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  ETIMEDOUT: "Operation timed out",
};
const socket = net.connect({ host, port: Number(port), autoSelectFamily: true });
const giveUp = (code, error) => {
  if (/^(ENOTFOUND|EAI_)/.test(code)) fail(`getaddrinfo for host "${host}" port ${port}: ${code}`);
  // A failed look-up is always reported, a failed connection only with -v: so does the original.
  if (!verbose) process.exit(1);
  fail(`connect to ${host} port ${port} (tcp) failed: ${reasons[code] ?? error?.message ?? code}`);
};
setTimeout(() => giveUp("ETIMEDOUT"), seconds * 1000);
socket.on("error", (error) => giveUp(error.code ?? error.errors?.[0]?.code ?? "", error));
socket.on("connect", () => {
  if (verbose) process.stderr.write(`Connection to ${host} ${port} port [tcp/*] succeeded!\n`);
  process.exit(0);
});
