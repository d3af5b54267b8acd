"""A private certificate authority for the servers of the tests."""

import hashlib
import ssl
import subprocess


class Authority:
    """Made with the openssl program; issues certificates for loopback."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "ca.pem"
        self.key = folder / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-days", "30", "-subj", "/CN=Tests of vm7", "-keyout", self.key, "-out", self.file,
                 "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name="localhost"):
        """A certificate for localhost and 127.0.0.1: (certificate, key)."""
        key = self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        cert = self.folder / f"{name}.pem"
        extra = self.folder / f"{name}.ext"
        extra.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n"
                         "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key,
                 "-CAcreateserial", "-days", "30", "-extfile", extra, "-out", cert)
        return cert, key

    def server_context(self):
        cert, key = self.issue()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context, fingerprint(cert)


def fingerprint(cert):
    """SHA-256 of the certificate, as Proxmox shows it."""
    der = ssl.PEM_cert_to_DER_cert(cert.read_text())
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
