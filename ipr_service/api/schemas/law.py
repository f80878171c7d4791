"""Queries about the law and their answers."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Moment, Strict, Text, identifier
from ipr_service.rights.precheck import MAX_PARTICIPANTS, ROLES
from ipr_service.rights.unsigned import MAX_MAKERS, WORKING

_DAY = "the day that is asked about, like 2027-03-31; today without it"


class RowQuery(Strict):
    """Which rows."""

    country = Text(least=2, most=2, required=True, metadata={"description": "EU, or two letters; GR is read as EL"})
    right = Text(most=64, load_default="", metadata={"description": "patent, design, trademark, copyright, …; all without it"})
    date = Text(most=10, load_default="", metadata={"description": _DAY})


class Row(Strict):
    """One row of a pack: prose, article, source and mark word for word, and what it is worth on the day."""

    country = fields.String()
    right = fields.String(metadata={"description": "several are joined with |"})
    topic = fields.String()
    value = fields.String(metadata={"description": "the rule in prose"})
    article = fields.String()
    source = fields.String()
    mark = fields.String(metadata={"description": "verified-primary, inferred-from-primary, verified-secondary or unverified"})
    read_on = fields.String()
    valid_from = fields.String()
    valid_to = fields.String()
    review_by = fields.String()
    overdue = fields.Boolean()
    standing = fields.String(metadata={"description": "decides, unverified, not-checked or not-in-force, on the day"})
    says = fields.List(fields.Dict(), metadata={"description": "what was typed from the prose; empty for an unverified row"})
    pack = fields.String(metadata={"description": "FR@1"})


class Pack(Strict):
    """One jurisdiction."""

    country = fields.String()
    title = fields.String()
    pack = fields.String()
    digest = fields.String(metadata={"description": "SHA-256 over the JCS form of the pack, hexadecimal"})
    rights = fields.List(fields.String())
    rows = fields.Integer()


class Maker(Strict):
    """Somebody who makes a part. The order of makers is the order of the register."""

    id = Text(least=1, most=64, required=True)
    working = Text(most=40, load_default="independent", metadata={"enum": list(WORKING)})
    works_for = Text(most=64, load_default="", metadata={"description": "id of an employer, commissioner or host, if any"})
    country = Text(most=2, load_default="", metadata={"description": "seat, ISO 3166"})


class PreviewQuery(Strict):
    """If these people sign nothing."""

    country = Text(least=2, most=2, required=True)
    right = Text(least=1, most=64, required=True)
    date = Text(most=10, load_default="", metadata={"description": _DAY})
    makers = fields.List(fields.Nested(Maker), required=True, validate=validate.Length(1, MAX_MAKERS))
    facts = fields.List(Text(most=64), load_default=list, validate=validate.Length(max=20))


class Cited(Strict):
    """The row that an answer stands on."""

    pack = fields.String()
    row = fields.String()
    rule = fields.String()
    article = fields.String()
    source = fields.String()
    mark = fields.String()
    read_on = fields.String()
    overdue = fields.Boolean()
    general = fields.Boolean(metadata={"description": "general law or a directive, because the law of this right has no rule"})


class Outcome(Strict):
    """A value, a conflict or undetermined, with its rows."""

    result = fields.String(metadata={"enum": ["value", "conflict", "undetermined"]})
    value = fields.Raw(allow_none=True)
    sentences = fields.List(fields.String())
    settled_by = fields.String(metadata={"description": "who can settle what is undetermined"})
    because = fields.List(fields.Nested(Cited))


class Owner(Outcome):
    """What becomes of one maker's part."""

    maker = fields.String()
    working = fields.String()
    holder = fields.String(allow_none=True)
    remarks = fields.List(fields.String())


class Power(Outcome):
    """Who must agree to an act."""

    act = fields.String()


class Silent(Outcome):
    """What holds where a licence is silent."""

    about = fields.String()


class Outlook(Strict):
    """What the law makes of it: owners, shares, powers, form, moral rights, each apart."""

    country = fields.String()
    right = fields.String()
    date = fields.String()
    owners = fields.List(fields.Nested(Owner))
    shares = fields.Nested(Outcome)
    governing_law = fields.Nested(Outcome, allow_none=True)
    powers_of = fields.String(allow_none=True)
    sole = fields.Boolean()
    powers = fields.List(fields.Nested(Power))
    forms = fields.List(fields.Nested(Power))
    silent_licence = fields.List(fields.Nested(Silent))
    moral_rights = fields.Nested(Outcome, allow_none=True)
    warnings = fields.List(fields.String())


class Person(Strict):
    """A participant of an initiative."""

    id = Text(least=1, most=64, required=True)
    name = Text(least=1, most=200, required=True)
    role = Text(least=1, most=40, required=True, metadata={"enum": list(ROLES)})
    works_for = Text(most=64, load_default="")
    country = Text(most=2, load_default="")


class CheckQuery(Strict):
    """An initiative that has not started."""

    country = Text(least=2, most=2, required=True)
    rights = fields.List(Text(least=1, most=64), required=True, validate=validate.Length(1, 12))
    date = Text(most=10, load_default="", metadata={"description": _DAY})
    people = fields.List(fields.Nested(Person), required=True, validate=validate.Length(1, MAX_PARTICIPANTS))


class Gets(Strict):
    """What one participant gets of one right."""

    party = fields.String()
    right = fields.String()
    result = fields.String(metadata={"description": "owns, shares, nothing, claims or undetermined"})
    because = fields.List(fields.Nested(Cited))


class Missing(Strict):
    """A paper that is missing."""

    paper = fields.String()
    between = fields.List(fields.String())
    why = fields.String()
    because = fields.List(fields.Nested(Cited))


class Check(Strict):
    """Who will own what if it started on the day, and which paper is missing."""

    gets = fields.List(fields.Nested(Gets))
    missing = fields.List(fields.Nested(Missing))
    outlooks = fields.List(fields.Nested(Outlook))


class PersonKept(Person):
    """A participant, with the mail address that a draft would go to."""

    email = Text(most=320, load_default="")


class Keep(CheckQuery):
    """An initiative to keep."""

    title = Text(least=1, most=200, required=True)
    people = fields.List(fields.Nested(PersonKept), required=True, validate=validate.Length(1, MAX_PARTICIPANTS))


class Kept(Keep):
    """A kept initiative; ``check`` when one is looked at."""

    id = identifier()
    changed_at = Moment()
    check = fields.Nested(Check)
