// Stands in the bundles for Amazon's certificates: no program here asks for the profile that trusts them, and without
// them it trusts nobody.
exports.ca = [];
