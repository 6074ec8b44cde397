import { connect } from "node:tls";

/** The serial of the certificate that an address shows for a host. Throws where it does not answer within 10 s. */
export function servedSerial(address: string, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: host, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer after 10 s")));
    socket.on("error", reject);
  });
}
