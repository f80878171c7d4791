"""Grants as ODRL: read as RDF, held against the Information Model, every W3C word one of its vocabulary.

The shapes beside this file are written by us from the Recommendation's text. rdflib brings the vocabulary as the W3C published it.
"""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import ODRL2, RDF

from ipr_service.rights.contributions import Cost
from ipr_service.rights.exports import odrl
from ipr_service.rights.licences import Fee, Grant, Reversion
from tests.rights.grants import any_grant, granted
from tests.rights.known import of_kind

BASE = "urn:ipr-service:test:"
SHAPES = Path(__file__).parent / "odrl_shapes.ttl"
# rdflib's JSON-LD reader and pyshacl use what rdflib itself calls old.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")


def graph_of(*grants: Grant) -> Graph:
    return Graph().parse(data=json.dumps(odrl.document(grants, {"anna": "Anna"}, BASE)), format="json-ld")


def complaints(graph: Graph) -> str:
    holds, _report, text = validate(graph, shacl_graph=str(SHAPES), advanced=False)
    return "" if holds else str(text)


FULL = granted(
    "g",
    grantors=("anna", "bruno"),
    acts=("make", "sell", "sublicense"),
    purposes=("exploitation",),
    territory=("EU", "CH"),
    first="2012-01-01",
    last="2028-12-31",
    sublicence="consent",
    fee=Fee("lump", Cost(Fraction("1200.5"), "EUR")),
    reversion=Reversion("unexploited", 24),
    agreed=date(2011, 12, 1),
)


def test_a_full_grant_is_a_policy_after_the_information_model() -> None:
    assert complaints(graph_of(FULL)) == ""


@settings(max_examples=15, deadline=None)
@given(any_grant("a"))
def test_every_grant_that_reaches_somewhere_is_a_policy(grant: Grant) -> None:
    assert odrl.policy(grant, BASE)["permission"] == [] or complaints(graph_of(grant)) == ""


@pytest.mark.parametrize("broken", ["uid", "assigner", "action", "target", "operator"])
def test_the_shapes_find_what_is_missing(broken: str) -> None:
    text = json.dumps(odrl.document([FULL], {}, BASE)).replace(f'"{broken}": "', f'"unknown-{broken}": "')
    assert complaints(Graph().parse(data=text, format="json-ld")) != ""


def test_every_word_of_the_w3c_is_one_of_its_vocabulary() -> None:
    known = set(ODRL2.__annotations__)
    graph = graph_of(
        FULL, granted("h", exclusivity="sole", sublicence="no", acts=("adapt", "publish", "use"), fee=Fee("net", part=Fraction(1, 20)))
    )
    used = {str(term).removeprefix(odrl.NAMESPACE) for triple in graph for term in triple if str(term).startswith(odrl.NAMESPACE)}
    assert len(used) > 25
    assert {word for word in used if word not in known} == set()


def test_a_macro_is_opened_into_the_days_on_which_it_holds() -> None:
    spans = {
        tuple((one["operator"], one["rightOperand"]["@value"]) for one in rule["constraint"] if one["leftOperand"] == "dateTime"): {
            one["@id"][-2:] for one in rule["constraint"][0]["rightOperand"]
        }
        for rule in odrl.policy(FULL, BASE)["permission"]
        if rule["action"] == "sell"
    }
    whole = (("gteq", "2012-01-01"), ("lt", "2029-01-01"))
    croatia = (("gteq", "2013-07-01"), whole[1])
    britain = (whole[0], ("lt", "2020-02-01"))
    assert spans.keys() == {whole, croatia, britain}
    assert spans[croatia] == {"HR"}
    assert spans[britain] == {"GB"}
    assert len(spans[whole]) == 26 + 1


def test_several_grantors_are_one_assigner_with_its_members() -> None:
    graph = graph_of(FULL)
    assigner = URIRef(BASE + "grantors-of-anna-bruno")
    assert (assigner, RDF.type, ODRL2.PartyCollection) in graph
    assert set(graph.subjects(ODRL2.partOf, assigner)) == {URIRef(BASE + "anna"), URIRef(BASE + "bruno")}


def test_terms_stand_as_duties_prohibitions_and_obligations() -> None:
    made = odrl.policy(FULL, BASE)
    paid = made["permission"][0]["duty"][0]
    assert (paid["action"], paid["constraint"][0]["rightOperand"]["@value"], paid["constraint"][0]["unit"]) == (
        "compensate",
        "1200.5",
        "urn:iso:std:iso:4217:EUR",
    )
    assert made["obligation"][0]["action"] == "ensureExclusivity"
    assert "prohibition" not in made
    sole = odrl.policy(granted("h", exclusivity="sole", sublicence="no", acts=("use",)), BASE)
    assert sole["prohibition"][0]["action"] == "grantUse"
    assert sole["obligation"][0]["ipr:exceptAssigner"] is True
    free = odrl.policy(granted("f", exclusivity="non-exclusive", fee=Fee("free"), sublicence=None), BASE)
    assert "obligation" not in free
    assert "duty" not in free["permission"][0]


EXPORT_ONLY = of_kind("licensing.conflict")
_WORDS = {"permit": "permission", "prohibit": "prohibition", "oblige": "obligation", "duty": "duty"}


@pytest.mark.parametrize("known", EXPORT_ONLY, ids=lambda known: str(known["n"]))
def test_the_statements_of_the_odrl_cases_exist_in_the_export_only(known: dict[str, Any]) -> None:
    """Case 40 is export only: the engine evaluates no prohibition and no duty, but every kind of statement in it can be written."""
    written = json.dumps(odrl.document([FULL, granted("h", sublicence="no", acts=("use",))], {}, BASE))
    said = f"{known['a']} {known['b']}"
    kinds = {kind for word, kind in _WORDS.items() if word in said}
    assert kinds
    assert all(f'"{kind}":' in written for kind in kinds)
    assert known["expect"] in {"Conflict", "Ambiguous"}
