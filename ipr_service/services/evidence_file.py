"""``agreement-evidence.zip``: everything that shows who signed which document, for a reader who does not ask this service.

    executed.pdf                  the signed document, the signature record behind it, the service's seal
    document.pdf document.docx    the text as it was signed, and the same text for Word
    signature-record.pdf .json    who, when, how; a summary for people and for programs
    consent/<id>.txt              what each signatory agreed to
    proofs/document.asice         proof bundle of the final text, with both files in it
    proofs/signature-1.asice …    proof bundle of each signature's log entry, in the order of the signatories
    proofs/executed.asice         proof bundle of the entry that names all signatures and the sealed PDF
    proofs/*.tlog-proof           the inclusion proof of each, by itself
    log.vkeys seal-root.pem       what the service says of itself; trust takes the same from elsewhere
    README.txt

``ipr verify proofs/document.asice --trust FILE document.pdf`` checks one. Members carry fixed times.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.agreements.ceremony import moment
from ipr_service.agreements.signature_record import Record, typeset_record
from ipr_service.services import papers, publishing
from ipr_service.services.ceremonies import METHODS, Signing
from ipr_service.services.context import Context
from ipr_service.services.entry_bundles import entry_bundle

_TIME = (1980, 1, 1, 0, 0, 0)
README = """\
EVIDENCE FILE OF AN AGREEMENT

executed.pdf is the agreement as everybody signed it, with the signature record behind it and the seal of the service.
Its first {length} bytes are document.pdf, unchanged: the document that was signed. SHA-256 of document.pdf:
{digest}

WHAT THIS SHOWS
Each signature is a simple electronic signature (Regulation (EU) No 910/2014, art. 3(10)): somebody who could read the mailbox
named in signature-record.json confirmed exactly this document with a one-time code sent there. It does not show who that was.
The seal is the service's own. It shows that executed.pdf was not changed since; it is nobody's signature.
The times are those of the service's own clock, unless a proof bundle carries a token of an independent authority.

HOW TO CHECK
1. sha256sum document.pdf                            the digest above
2. head -c {length} executed.pdf | sha256sum         the same digest
3. ipr verify proofs/document.asice --trust LOG.vkeys document.pdf
   and the same for every proofs/*.asice. LOG.vkeys are the keys of the log {origin}; take them from somebody you trust,
   not from this file. Without ipr: unzip a bundle and run its verify.sh, or open its verify.html in a browser.
4. Each bundle's openings.json says what was logged: who signed, in which role, which digest, which consent text, when.
"""


def build(ctx: Context, loaded: Signing, record: Record) -> bytes:
    """The zip file of an executed and sealed agreement."""
    agreement, document = loaded.agreement, loaded.document
    made = agreement.executed_at
    assert made is not None  # noqa: S101 - executed
    assert document.executed_commitment is not None  # noqa: S101 - and sealed
    forms = {form: papers.read(ctx, agreement, document, form) for form in ("pdf", "docx", "sealed")}
    page = typeset_record(record, made)
    members: dict[str, bytes] = {
        "executed.pdf": forms["sealed"],
        "document.pdf": forms["pdf"],
        "document.docx": forms["docx"],
        "signature-record.pdf": page,
        "signature-record.json": _json(as_data(loaded, record)),
        f"consent/{loaded.ceremony.consent.name.replace('/', '-')}.txt": f"{loaded.ceremony.consent.text}\n".encode(),
    }
    members |= _proof(ctx, "document", document.commitment, {1: forms["pdf"], 2: forms["docx"]})
    for number, row in enumerate(loaded.rows, 1):
        members |= _proof(ctx, f"signature-{number}", loaded.signatures[row.id].commitment, {})
    members |= _proof(ctx, "executed", document.executed_commitment, {})
    members["log.vkeys"] = publishing.vkeys(ctx)
    members["seal-root.pem"] = ctx.service_keys.seal.chain[-1].public_bytes(Encoding.PEM)
    said = README.format(length=len(forms["pdf"]), digest=sha256(forms["pdf"]).hexdigest(), origin=ctx.settings.origin)
    members["README.txt"] = said.encode()
    return _zip(members)


def as_data(loaded: Signing, record: Record) -> dict[str, Any]:
    """The signature record for programs."""
    ceremony = loaded.ceremony
    assert loaded.agreement.executed_at is not None  # noqa: S101 - executed
    return {
        "format": "ipr-signature-record/1",
        "document_sha256": ceremony.document_sha256,
        "executed_sha256": record.executed_sha256,
        "executed_at": moment(loaded.agreement.executed_at),
        "kind": loaded.agreement.kind,
        "template": loaded.document.template,
        "clauses": loaded.document.clauses.split("\n"),
        "terms_sha256": loaded.document.terms_digest.hex(),
        "log": record.log,
        "level": "simple electronic signature, Regulation (EU) No 910/2014, art. 3(10)",
        "consent": {"id": ceremony.consent.name, "sha256": ceremony.consent.sha256, "text": ceremony.consent.text},
        "signatures": [_signature(loaded, record, number, row.id) for number, row in enumerate(loaded.rows, 1)],
    }


def _signature(loaded: Signing, record: Record, number: int, signatory_id: str) -> dict[str, Any]:
    row, given = loaded.row(signatory_id), loaded.signatures[signatory_id]
    viewed = None if row.viewed_at is None else moment(row.viewed_at)
    assert given.method in METHODS.values()  # noqa: S101 - what signatures write
    return {
        "proof": f"proofs/signature-{number}.asice",
        "name": row.name,
        "for": row.organisation_name,
        "capacity": row.capacity,
        "role": given.role,
        "identity": given.identity,
        "method": given.method,
        "opened_document_at": viewed,
        "signed_at": moment(given.at),
        "log_index": record.people[signatory_id].entry,
    }


def _json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


def _proof(ctx: Context, name: str, commitment: bytes, files: Mapping[int, bytes]) -> dict[str, bytes]:
    """The proof bundle of one entry, and its inclusion proof by itself."""
    body, proof = entry_bundle(ctx, commitment, files)
    return {f"proofs/{name}.asice": body, f"proofs/{name}.tlog-proof": proof}


def _zip(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".asice") else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()
