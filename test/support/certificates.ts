import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that makes certificates for the names of servers. */
export interface TestAuthority {
  readonly certificate: string;
  issue(...hosts: readonly [string, ...string[]]): KeyPair;
}

const ecdsaWithSha256 = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const nameOf = (common: string) =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: "2.5.4.3", value: new AttributeValue({ utf8String: common }) }),
    ]),
  ]);
const day = 86_400_000;

/** A new authority that holds for so many days from now, with all that it issues. */
export function testAuthority(name: string, days = 1): TestAuthority {
  const own = newKey();
  const constraints = new Extension({
    extnID: id_ce_basicConstraints,
    critical: true,
    extnValue: new OctetString(AsnConvert.serialize(new BasicConstraints({ cA: true }))),
  });
  return {
    certificate: signed(own, name, own.publicKey, name, days, constraints),
    issue: (...hosts) => {
      const pair = newKey();
      const names = new SubjectAlternativeName(hosts.map((host) => new GeneralName({ dNSName: host })));
      const certificate = signed(
        own,
        name,
        pair.publicKey,
        hosts[0],
        days,
        new Extension({ extnID: id_ce_subjectAltName, extnValue: new OctetString(AsnConvert.serialize(names)) }),
      );
      return { certificate, key: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string };
    },
  };
}

const newKey = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey, privateKey: createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })) };
};

function signed(
  by: { readonly privateKey: KeyObject },
  issuer: string,
  key: KeyObject,
  subject: string,
  days: number,
  extension: Extension,
): string {
  const content = new TBSCertificate({
    version: Version.v3,
    serialNumber: Uint8Array.of(1, ...randomBytes(15)).buffer,
    signature: ecdsaWithSha256,
    issuer: nameOf(issuer),
    validity: new Validity({ notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + days * day) }),
    subject: nameOf(subject),
    subjectPublicKeyInfo: AsnConvert.parse(key.export({ type: "spki", format: "der" }), SubjectPublicKeyInfo),
    extensions: new Extensions([extension]),
  });
  const signature = sign("sha256", new Uint8Array(AsnConvert.serialize(content)), by.privateKey);
  const bytes = AsnConvert.serialize(
    new Certificate({
      tbsCertificate: content,
      signatureAlgorithm: ecdsaWithSha256,
      signatureValue: Uint8Array.from(signature).buffer,
    }),
  );
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,64}/g)!
    .join("\n")}\n-----END CERTIFICATE-----\n`;
}
