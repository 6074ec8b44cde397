import { examplesOf } from "../example.ts";

type Quantity = typeof import("../../../../settings/quantity.ts");

const powers = [1, 2, 3, 4, 5, 6];

export const quantity = examplesOf<Quantity>("settings/quantity.ts", {
  "each unit of Kubernetes is a power of a thousand or of 1024": [
    ({ parseQuantity }) =>
      [..."kMGTPE"].flatMap((unit) => [parseQuantity(`3${unit}`), parseQuantity(`3${unit === "k" ? "K" : unit}i`)]),
    powers.flatMap((power) => [3 * 1000 ** power, 3 * 1024 ** power]),
  ],
  "parts of one have units too": [
    ({ parseQuantity }) => ["2n", "2u", "2m", "2"].map(parseQuantity),
    [2e-9, 2e-6, 2e-3, 2],
  ],
  "each unit of Redis is a power of a thousand, or with its b of 1024": [
    ({ parseRedisMemory }) => ["3", "3b", "3k", "3kb", "3m", "3mb", "3g", "3gb"].map(parseRedisMemory),
    [3, 3, 3000, 3072, 3e6, 3 * 2 ** 20, 3e9, 3 * 2 ** 30],
  ],
  "bytes are written in whole mebibytes, rounded up": [
    ({ inMebibytes }) => [2 ** 20, 2 ** 20 + 1, 0, 5 * 2 ** 20].map(inMebibytes),
    ["1Mi", "2Mi", "0Mi", "5Mi"],
  ],
  "no unit is suggested where the quantity is one": [
    ({ quantityHint }) => ["5k", "5K", "5kb", "5g", "5T"].map(quantityHint),
    ["", ": write 5k or 5Ki", ": write 5k or 5Ki", ": write 5G or 5Gi", ""],
  ],
  "what is no quantity has no value": [
    ({ parseQuantity, parseRedisMemory }) => [
      parseQuantity("5mb"),
      parseQuantity("x"),
      parseRedisMemory("5x"),
      parseRedisMemory("x"),
    ],
    [undefined, undefined, undefined, undefined],
  ],
});
