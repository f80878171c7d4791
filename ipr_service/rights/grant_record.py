"""The record of a licence grant, ``grant.json``: what is logged when somebody records a grant, and handed out with its proof.

Its bytes are RFC 8785 (JCS) with exactly the keys ``format``, ``names`` and ``terms``; this module is their only writer
(``tests/rights/golden/grant.json``). What the record shows: that somebody wrote down this licence before a certain time. Not that anybody
concluded it, nor that the grantors could grant it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import rfc8785

from ipr_service.errors import N_, FormatError
from ipr_service.rights.fields import SHIPPED, FieldTree
from ipr_service.rights.grant_terms import grant as read_grant
from ipr_service.rights.grant_terms import grant_data
from ipr_service.rights.licences import Grant
from ipr_service.rights.strict_yaml import read

FORMAT: Final = "ipr-grant/1"


@dataclass(frozen=True)
class GrantRecord:
    """A grant, and what the ids in it are called: asset, grantors, grantee, and the grant above it."""

    grant: Grant
    names: Mapping[str, str]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that a reader wants named."""
        under = () if self.grant.under is None else (self.grant.under,)
        return (self.grant.asset, *self.grant.grantors, self.grant.grantee, *under)

    def to_bytes(self) -> bytes:
        """The record; names of ids that the grant does not mention are left out."""
        names = {one: self.names[one] for one in self.ids if one in self.names}
        return rfc8785.dumps({"format": FORMAT, "names": names, "terms": grant_data(self.grant)})

    @classmethod
    def from_bytes(cls, data: bytes, tree: FieldTree = SHIPPED) -> GrantRecord:
        """The record that ``data`` spells.

        Raises:
            FormatError: another format or other keys, terms that are no grant, or bytes that this module would not have written.
        """
        try:
            found = json.loads(data)
            names = {str(one): str(name) for one, name in found["names"].items()}
            made = cls(read_grant(read(json.dumps(found["terms"])), tree)[0], names)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
            raise FormatError(_NO_RECORD, format=FORMAT) from problem
        if made.to_bytes() != data:
            raise FormatError(_NO_RECORD, format=FORMAT)
        return made


_NO_RECORD: Final = N_("This is no record of a grant as {format} writes it.")
