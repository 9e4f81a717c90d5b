"""A certificate for TLS on this machine, made when it is needed."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def ec_key() -> ec.EllipticCurvePrivateKey:
    """A key as they are made today."""
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key() -> rsa.RSAPrivateKey:
    """A key of the older kind: it can stand for all of a connection, in old TLS."""
    return rsa.generate_private_key(65537, 2048)


def self_signed(*names: str, key: Key | None = None) -> bytes:
    """A certificate for hosts of these names that has signed itself, with its key, as PEM."""
    key = key or ec_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    wanted = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    if names:
        hosts = x509.SubjectAlternativeName([x509.DNSName(host) for host in names])
        wanted = wanted.add_extension(hosts, critical=False)
    signed = wanted.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    return signed.public_bytes(pem) + key.private_bytes(pem, private, serialization.NoEncryption())
