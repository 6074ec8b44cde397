import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Extension,
  Extensions,
  GeneralName,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** A key and the certificate that it signed for itself, in PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly certificate: string;
}

const ecdsaWithSha256 = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const commonName = "2.5.4.3";
/** Fixed, because a certificate that changed with the day would be another resource in every update. */
const validity = { from: new Date("2025-01-01T00:00:00Z"), until: new Date("2045-01-01T00:00:00Z") };

/**
 * A certificate for `hosts` that follows from 32 random bytes in hexadecimal: the same bytes give the same certificate,
 * because deterministic signatures (RFC 6979) are used. For clusters without cert-manager; no browser trusts it.
 */
export function selfSigned(seed: string, hosts: readonly [string, ...string[]]): SelfSigned {
  const secret = p256.Point.Fn.toBytes(
    p256.Point.Fn.create(BigInt(`0x${createHash("sha256").update(seed).digest("hex")}`)),
  );
  const point = p256.getPublicKey(secret, false);
  const part = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", d: part(secret), x: part(point.slice(1, 33)), y: part(point.slice(33)) };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "der" });
  const name = new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: commonName, value: new AttributeValue({ utf8String: hosts[0] }) }),
    ]),
  ]);
  const names = new SubjectAlternativeName(hosts.map((host) => new GeneralName({ dNSName: host })));
  const content = new TBSCertificate({
    version: Version.v3,
    serialNumber: Uint8Array.of(1, ...createHash("sha256").update(seed).update(hosts.join()).digest().subarray(0, 15))
      .buffer,
    signature: ecdsaWithSha256,
    issuer: name,
    validity: new Validity({ notBefore: validity.from, notAfter: validity.until }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(publicKey, SubjectPublicKeyInfo),
    extensions: new Extensions([
      new Extension({
        extnID: id_ce_subjectAltName,
        critical: false,
        extnValue: new OctetString(AsnConvert.serialize(names)),
      }),
    ]),
  });
  const signature = p256.sign(new Uint8Array(AsnConvert.serialize(content)), secret, { format: "der" });
  const certificate = AsnConvert.serialize(
    new Certificate({
      tbsCertificate: content,
      signatureAlgorithm: ecdsaWithSha256,
      signatureValue: Uint8Array.from(signature).buffer,
    }),
  );
  return {
    key: createPrivateKey({ key: jwk, format: "jwk" }).export({ type: "pkcs8", format: "pem" }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g)!
      .join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
