"""Well-known public timestamp authorities, by name: address, what their operators say of them, and the roots their tokens lead to.

A preset is a convenience, not a recommendation; each operator's terms apply, and the addresses may change. ``roots`` are SHA-256
fingerprints. A root that Mozilla's root programme publishes is carried in ``evidence/files/authorities.pem``, with its source; any other
must be brought by the operator in ``IPR_TSA_ROOTS``, and is taken only if it has the fingerprint written here. "qualified" repeats what
the source says, nothing of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ipr_service.errors import N_, SettingsError
from ipr_service.evidence.authorities import shipped_roots
from ipr_service.gateways.outside import Way
from ipr_service.gateways.tsa import PUBLIC, TimestampAuthority


@dataclass(frozen=True)
class Preset:
    """One authority that can be named instead of its address.

    Args:
        name: the word for the settings.
        operator: who runs it.
        url: where it answers.
        roots: SHA-256 of the roots, lower-case hex; one of them is enough.
        policy: the policy OID that its tokens are known to carry, for comparison; it is not insisted on. Empty when unknown.
        qualified: what the source says about eIDAS; empty when it says nothing.
        source: where address and statement stand.
        note: what an operator has to know before use.
    """

    name: str
    operator: str
    url: str
    roots: tuple[str, ...]
    policy: str
    qualified: str
    source: str
    note: str = ""


_G4 = "552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988"
_USERTRUST = "e793c9b02fd8aa13e21c31228accb08119643b749c898964b1746d46c3d4cbd2"
_R46 = "4941b001b8a97e961b7817c9d9e960ec4b056bfc915a8c1aabf6ef6b3ac046a5"
_R45 = "f871f8976b4068d700d5f281084b4a29eaf4b8f35743330ba062fab46f58c2ed"
_R6 = "2cabeafe37d06ca22aba7391c0033d25982952c453647349763a3ab5ad6ccf69"
_SSLCOM = "85666a562ee0be5ce925c1d8890a6f76a87ec16d4d7d5f29ea7419cf20123b69"
_CERTUM2 = "b676f2eddae8775cd36cb0f63cd1d4603961f49e6265ba013a2f0307b6d0b804"
_FREETSA = "a6379e7cecc05faa3cbf076013d745e327bbbaa38c0b9af22469d4701d18aabc"

PRESETS: tuple[Preset, ...] = (
    Preset("digicert", "DigiCert", "http://timestamp.digicert.com", (_G4,), "2.16.840.1.114412.7.1", "",
           "https://knowledge.digicert.com/general-information/rfc3161-compliant-time-stamp-authority-server"),
    Preset("sectigo", "Sectigo", "http://timestamp.sectigo.com", (_USERTRUST, _R46), "1.3.6.1.4.1.6449.2.1.1", "",
           "https://www.sectigo.com/resource-library/time-stamping-server", N_("It asks for 15 seconds between two queries.")),
    Preset("sectigo-qualified", "Sectigo (Europe)", "http://timestamp.sectigo.com/qualified", (_R45,), "",
           N_("“compliant with eIDAS”, by its operator"), "https://www.sectigo.com/resource-library/time-stamping-server",
           N_("It asks for 15 seconds between two queries. Look it up in the EU trusted list before you rely on it.")),
    Preset("globalsign", "GlobalSign", "http://timestamp.globalsign.com/tsa/r6advanced1", (_R6,), "", "",
           "https://support.globalsign.com/code-signing/code-signing-using-signtool", N_("Meant for its customers.")),
    Preset("ssl.com", "SSL.com", "http://ts.ssl.com", (_SSLCOM,), "", "",
           "https://www.ssl.com/how-to/using-ssl-com-legacy-timestamp-server/", N_("Free for a limited number of tokens a year.")),
    Preset("certum", "Certum (Asseco Data Systems)", "http://time.certum.pl", (_CERTUM2,), "", "",
           "https://support.certum.eu/en/code-signing-timestamp/"),
    Preset("freetsa", "Free TSA", "https://freetsa.org/tsr", (_FREETSA,), "1.2.3.4.1", "", "https://freetsa.org/index_en.php",
           N_("Run by one person.")),
)  # fmt: skip


def preset(name: str) -> Preset | None:
    """The preset of this name."""
    return next((one for one in PRESETS if one.name == name), None)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the whole certificate, lower-case hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def carried(one: Preset) -> tuple[x509.Certificate, ...]:
    """The roots of a preset that come with this release; empty when the operator has to bring them."""
    return tuple(root for root in shipped_roots() if fingerprint(root) in one.roots)


def read_roots(path: str) -> tuple[x509.Certificate, ...]:
    """The certificates of ``IPR_TSA_ROOTS`` (PEM); none for an empty path.

    Raises:
        SettingsError: the file cannot be read or holds no certificate.
    """
    if not path:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(Path(path).read_bytes()))
    except (OSError, ValueError) as problem:
        raise SettingsError(N_("IPR_TSA_ROOTS must name a readable PEM file with the roots of the authorities.")) from problem


def authority(word: str, roots: Sequence[x509.Certificate], way: Way = PUBLIC) -> TimestampAuthority:
    """The authority that ``word`` names: a preset, or an address.

    Args:
        roots: what the operator brought.

    Raises:
        SettingsError: no such preset; or no root is known that its tokens could lead to.
    """
    known = preset(word)
    if known is not None:
        own = tuple(root for root in roots if fingerprint(root) in known.roots)
        believed = tuple(dict.fromkeys((*carried(known), *own)))
        if not believed:
            message = N_("The root of {name} does not come with this release. Put it into IPR_TSA_ROOTS; its SHA-256 is {fingerprint}.")
            raise SettingsError(message, name=word, fingerprint=" or ".join(known.roots))
        return TimestampAuthority(known.url, word, believed, way=way)
    parts = urlsplit(word)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        names = ", ".join(one.name for one in PRESETS)
        raise SettingsError(N_("{word} is no timestamp authority: write its address, or one of {names}."), word=word, names=names)
    if not roots:
        raise SettingsError(N_("IPR_TSA_ROOTS is required for {word}: a PEM file with the root that its tokens lead to."), word=word)
    return TimestampAuthority(word, parts.hostname, tuple(roots), way=way)


def independent_authorities(words: Sequence[str], roots_file: str, way: Way = PUBLIC) -> tuple[TimestampAuthority, ...]:
    """The authorities of the settings ``IPR_TSA_URLS`` and ``IPR_TSA_ROOTS``, in their order; presets by name, others after their hosts.

    Raises:
        SettingsError: see :func:`authority` and :func:`read_roots`; or two of one name.
    """
    if not words:
        return ()
    roots = read_roots(roots_file)
    made = tuple(authority(word, roots, way) for word in words)
    names = [one.name for one in made]
    if len(set(names)) != len(names):
        raise SettingsError(N_("IPR_TSA_URLS names one authority twice."))
    return made
