// Stands in the bundles for every old encoding: connections here are utf8mb4, which Node.js reads itself.
module.exports = new Proxy({}, {
  get() {
    throw new Error("the server answers in an encoding that the bundle has no table for: connect with utf8mb4, or remove the alias of iconv-lite in workloads/bundle.ts");
  },
});
