import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM files of an authority, a server at 127.0.0.1 and a client it has signed, and some that must be refused. */
export interface TestCertificates {
  readonly ca: string;
  readonly server: CertificateFiles;
  readonly client: CertificateFiles;
  readonly stranger: CertificateFiles;
  /** Signed as well, but for a server that is not here. */
  readonly elsewhere: CertificateFiles;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HERE: readonly x509.JsonGeneralName[] = [{ type: "ip", value: "127.0.0.1" }, { type: "dns", value: "localhost" }];
const DAY = 86_400_000;

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

function validity() {
  return { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY) };
}

async function authority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity(),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

async function leaf(
  { certificate, keys }: Authority,
  path: string,
  name: string,
  names = HERE,
): Promise<CertificateFiles> {
  const own = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const signed = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: certificate.subjectName,
    ...validity(),
    publicKey: own.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // etcd shows the server's certificate as a client as well, to itself.
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([...names]),
    ],
  });
  const files = { certFile: `${path}.crt`, keyFile: `${path}.key` };
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", own.privateKey), "PRIVATE KEY");
  await Deno.writeTextFile(files.certFile, signed.toString("pem"));
  await Deno.writeTextFile(files.keyFile, `${key}\n`, { mode: 0o600 });
  return files;
}

export async function writeCertificates(directory: string): Promise<TestCertificates> {
  const ours = await authority("test authority");
  const ca = `${directory}/ca.crt`;
  await Deno.writeTextFile(ca, ours.certificate.toString("pem"));
  return {
    ca,
    server: await leaf(ours, `${directory}/server`, "server"),
    client: await leaf(ours, `${directory}/client`, "skiff"),
    stranger: await leaf(await authority("somebody else"), `${directory}/stranger`, "skiff"),
    elsewhere: await leaf(ours, `${directory}/elsewhere`, "elsewhere", [{ type: "dns", value: "elsewhere.invalid" }]),
  };
}
