// Stands in the bundles for the tables of encodings that Node.js does not have, which are East Asian ones for the most part. MySQL's
// connections are UTF-8, so its client never asks for one.
function refuse(encoding) {
  throw new Error(`text in ${encoding} cannot be read or written: the connection's charset has to be utf8mb4`);
}
exports.getDecoder = refuse;
exports.getEncoder = refuse;
