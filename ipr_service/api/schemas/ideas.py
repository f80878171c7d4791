"""Ideas as the API takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Hash, Moment, Strict, Text, identifier


class NamedContributor(Strict):
    """Who is named on a version; state a share for everyone or for none."""

    email = Text(most=320, required=True)
    role = Text(most=60, required=True)
    share = Text(
        most=64, load_default=None, allow_none=True, metadata={"description": "exact fraction in lowest terms, like 3/8", "example": "3/8"}
    )


class RegisterIdea(Strict):
    """What to register: the ``order`` part of a multipart request, or the whole JSON body when there are no files."""

    title = Text(most=400, required=True)
    description = Text(most=40_000, load_default="")
    language = Text(most=8, load_default="en", metadata={"description": "language of title and description, ISO 639-1"})
    kind = fields.String(load_default="idea", validate=validate.OneOf(("idea", "contribution")))
    contributors = fields.List(fields.Nested(NamedContributor), load_default=list, validate=validate.Length(max=50))


class RegisterCommitment(Strict):
    """Hash-only: the 32 bytes of the commitment and nothing else."""

    commitment = Hash(required=True)
    kind = fields.String(load_default="idea", validate=validate.OneOf(("idea", "contribution")))


class ReviseCommitment(Strict):
    """Hash-only: the 32 bytes of the next version and nothing else."""

    commitment = Hash(required=True)


class RegisterCommitments(Strict):
    """Many commitments in one call: each becomes an idea of its own, or none does."""

    commitments = fields.List(Hash(), required=True, validate=validate.Length(1, 10_000))
    kind = fields.String(load_default="idea", validate=validate.OneOf(("idea", "contribution")))


class BulkReceipt(Strict):
    """What was promised about one of many."""

    id = identifier()
    index = fields.Integer(metadata={"description": "zero-based index in the log"})
    commitment = Hash()


class BulkReceipts(Strict):
    """One receipt for each commitment, in their order, under one signed checkpoint."""

    checkpoint_size = fields.Integer()
    checkpoint = fields.String(metadata={"description": "signed note, verbatim, over all of them"})
    time = Moment(metadata={"description": "by the service's own clock"})
    receipts = fields.List(fields.Nested(BulkReceipt))


class Receipt(Strict):
    """What was promised: index and signed checkpoint."""

    index = fields.Integer(metadata={"description": "zero-based index in the log"})
    commitment = Hash()
    checkpoint_size = fields.Integer()
    checkpoint = fields.String(metadata={"description": "signed note, verbatim"})
    time = Moment(metadata={"description": "by the service's own clock"})


class Registered(Strict):
    """The receipt of one registration."""

    id = identifier()
    version = fields.Integer()
    receipt = fields.Nested(Receipt)


class File(Strict):
    """A file as stated in the openings."""

    position = fields.Integer()
    name = fields.String()
    size = fields.Integer()
    media_type = fields.String()
    sha256 = fields.String()
    kept = fields.Boolean(metadata={"description": "whether the service holds the bytes"})


class Contributor(Strict):
    """A contributor and what she answered."""

    email = fields.String()
    role = fields.String()
    share = fields.String(allow_none=True)
    state = fields.String(metadata={"description": "self, asked, confirmed or declined"})


class Version(Strict):
    """One registered state."""

    number = fields.Integer()
    title = fields.String(allow_none=True, metadata={"description": "null when hash-only or erased"})
    description = fields.String(allow_none=True)
    language = fields.String()
    hash_only = fields.Boolean()
    commitment = Hash()
    index = fields.Integer()
    time = Moment()
    files = fields.List(fields.Nested(File))
    contributors = fields.List(fields.Nested(Contributor))


class Idea(Strict):
    """An idea or contribution in a list."""

    id = identifier()
    kind = fields.String()
    label = fields.String(metadata={"description": "neutral name that tells nothing"})
    title = fields.String(allow_none=True)
    state = fields.String()
    versions = fields.Integer()
    created_at = Moment()


class IdeaWithVersions(Idea):
    """An idea with all its versions, newest first."""

    history = fields.List(fields.Nested(Version))


class VersionQuery(Strict):
    """Which version; the newest without it."""

    version = fields.Integer(load_default=None, validate=validate.Range(1, 1_000_000))


class CertificateQuery(VersionQuery):
    """Which version, in which language."""

    language = fields.String(load_default="en", validate=validate.Length(max=8))


class BundleQuery(CertificateQuery):
    """What a bundle holds."""

    files = fields.Boolean(load_default=True, metadata={"description": "false leaves the originals out"})
    position = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 9_999),
        metadata={"description": "only this one of the files goes in; names and digests of the others stand in the openings all the same"},
    )


class LanguageQuery(Strict):
    """In which language the certificates are."""

    language = fields.String(load_default="en", validate=validate.Length(max=8))


class HistoryQuery(LanguageQuery):
    """What the bundles of all versions hold."""

    files = fields.Boolean(load_default=True, metadata={"description": "false leaves the originals out"})
