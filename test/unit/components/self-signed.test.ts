import { createPrivateKey, X509Certificate } from "node:crypto";
import test from "ava";
import { selfSigned } from "../../../components/capabilities/self-signed.ts";

const seed = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

test("a self-signed certificate is for its hosts, fits its key and proves itself", (t) => {
  const { key, certificate } = selfSigned(seed, ["platform.local", "www.platform.local"]);
  const parsed = new X509Certificate(certificate);
  t.is(parsed.subject, "CN=platform.local");
  t.is(parsed.subjectAltName, "DNS:platform.local, DNS:www.platform.local");
  t.true(parsed.checkPrivateKey(createPrivateKey(key)));
  t.true(parsed.verify(parsed.publicKey));
  t.is(parsed.validTo, "Jan  1 00:00:00 2045 GMT");
});

test("the same seed gives the same certificate, and another seed or host another one", (t) => {
  const { certificate } = selfSigned(seed, ["platform.local"]);
  t.is(selfSigned(seed, ["platform.local"]).certificate, certificate);
  t.not(selfSigned(seed.replace("0", "1"), ["platform.local"]).certificate, certificate);
  t.not(selfSigned(seed, ["other.local"]).certificate, certificate);
});
