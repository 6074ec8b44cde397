// Stands in the bundles for Avro: Kafka's client uses it for messages of a schema registry, and no program here has
// one.
exports.Type = {
  forSchema() {
    throw new Error("Avro is not part of the bundle: remove workloads/left-out/avsc.cjs and its alias");
  },
};
