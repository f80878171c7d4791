"""Adapts the case files about the law to the engine, by the kind that a file names: a further file of a known kind runs by itself.

The files are read as they are. What a file leaves to its heading (whose law, which right) is taken from its id (``fr-l613-31``); an
expectation in words is taken apart into the code it begins with, the periods it names and the consequences it mentions, and each part is
checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from ipr_service.errors import ServiceError
from ipr_service.rights import formalities, governing, jurisdictions, notation, ownership, powers
from ipr_service.rights.governing import Holder
from ipr_service.rights.outcomes import Conflict, Outcome, Undetermined, Value
from ipr_service.rights.ownership import Agreed
from ipr_service.rights.powers import ConsentRule
from ipr_service.rights.shares import Split

READ = date(2026, 11, 22)  # the day the table was read: what a case without a date asks about
UNION_RIGHTS = {
    "eu_design": "design",
    "registered_eu_design": "design",
    "unregistered_eu_design": "design",
    "eu_trade_mark": "trademark",
    "eu_trademark": "trademark",
    "unitary_patent": "patent_unitary",
    "patent_unitary": "patent_unitary",
}
Known = Mapping[str, Any]


def place(file: Known, known: Known) -> tuple[str, str]:
    """Country and right of a case; what it does not say is in the id of its file, or, for the right, in the only pack rows that answer."""
    right = str(known.get("right", ""))
    if right in UNION_RIGHTS:
        return "EU", UNION_RIGHTS[right]
    country = str(known.get("country") or file["id"].split("-")[0].upper())
    return country, right


def split(shares: Known) -> Split:
    return Split.of({party: notation.exact(share) for party, share in shares.items()})


def day(known: Known) -> date:
    written = known.get("created") or known.get("date") or known.get("on")
    return date.fromisoformat(str(written)) if written else READ


def value(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Value), outcome
    return outcome.value


def months(text: str) -> set[str]:
    """The periods that a sentence names: ``3 months`` is P3M."""
    return {f"P{number}{unit[0].upper()}" for number, unit in re.findall(r"(\d+) (year|month|day)s?", text)}


# allocation.withdrawal


def withdrawal(file: Known, case: Known) -> None:
    given = case["input"]
    country, right = place(file, given)
    right = right or next(row.rights.split("|")[0] for row in jurisdictions.pack(country).rows if row.topic == "withdrawal")

    def ask() -> Outcome[Split]:
        return ownership.withdrawn(country, right, split(given["shares"]), given["abandons"], day(given))

    if "expect_error" in case:
        refused(ask, case["expect_error"])
    else:
        assert value(ask()).fractions == fractions(case["expect"])


def fractions(shares: Known) -> dict[str, Fraction]:
    return {party: notation.exact(share) for party, share in shares.items()}


def refused(ask: Callable[[], object], why: str) -> None:
    """The engine refuses, and its sentence names what the case names: every number and article, and every word of five letters."""
    try:
        found = ask()
    except ServiceError as problem:
        said = str(problem).lower()
        assert all(number in said for number in re.findall(r"[a-z]?\d[\d-]*", why.lower())), said
        words = re.findall(r"[a-z]{5,}", why.lower())
        assert sum(word.rstrip("s") in said for word in words) * 2 >= len(words), said
        return
    raise AssertionError(f"not refused: {found}")


# allocation.statutory_default


def statutory_default(file: Known, case: Known) -> None:
    given = case["input"]
    country, right = place(file, given)
    agreement = given.get("agreement")
    agreed = Agreed(split(agreement["shares"]), agreement["form"]) if agreement else None
    found = ownership.shares(country, right, given.get("coauthors") or given["owners"], day(given), agreed)
    assert value(found).fractions == fractions(case["expect"])
    if "expect_warning" in case:
        assert isinstance(found, Value)
        assert any(case["expect_warning"] in str(remark) for remark in found.remarks)
    elif isinstance(found, Value):
        assert found.remarks == ()


# licensing.statutory_powers

ACTS = {
    "exploit_alone": "use",
    "use_alone": "use",
    "licence_nonexclusive_alone": "license",
    "licence_exclusive": "license-exclusive",
    "sell_share": "sell-share",
    "assign_share": "sell-share",
    "assign_whole": "sell-whole",
    "sue_alone": "sue",
    "separable_part_alone": "use-own-part",
    "first_disclosure": "disclose",
    "exploit_as_disclosed": "use-as-disclosed",
    "conservation": "conserve",
    "division": "divide",
    "office_acts": "file",
    "moral_rights_suit": "sue-moral",
}
OUTSIDE = {"country", "right", "source", "note", "date"}


def statutory_powers(file: Known, case: Known) -> None:
    country, right = place(file, case)
    for question in case.keys() - OUTSIDE:
        expected = {True: "yes", False: "no"}.get(case[question], str(case[question]))
        if question == "default_shares":
            owners = ["A", "B", "C"]
            found = ownership.shares(country, right, owners, day(case))
            thirds = dict.fromkeys(owners, Fraction(1, 3))
            assert (value(found).fractions == thirds) if expected.startswith("equal") else isinstance(found, Undetermined), question
        else:
            rule_is(powers.power(country, right, ACTS[question], day(case)), expected)


def rule_is(found: Outcome[ConsentRule], expected: str) -> None:
    """The rule is the one expected: its code, the periods, and the words for accord, court and condition."""
    if expected.startswith("undetermined"):
        assert isinstance(found, Undetermined), (found, expected)
        return
    rule: ConsentRule = value(found)
    named = {str(period) for period in (rule.block, rule.notice_days) if period}
    if rule.preemption:
        named |= {str(period) for period in (rule.preemption.before, rule.preemption.after) if period}
    assert months(expected) <= named, (rule, expected)
    word = re.split(r"[ ,(]", expected.split(": ")[-1])[0].replace("_or_judge", "_or_court")
    if "unjustified" in expected or "without justification" in expected:
        assert rule.who == "all-unless-unjustified"
    elif word == "no":
        assert not rule.alone
    elif "harm" in expected or "genre" in expected:
        assert rule.alone
        assert {"harm", "genre"} & set(rule.condition.split("-"))
    elif word == "yes" and rule.act == "sell-share":  # the case tells the right of the others and leaves the notice out
        assert rule.alone
    else:
        assert rule.code == word, expected
    assert rule.who == "all" if "accord" in expected else True
    assert rule.court if "court" in expected else True
    assert rule.preemption is not None if re.search("pre-emption|tanteo|retracto", expected) else True


# governance.majority


def majority(file: Known, case: Known) -> None:
    given = case["input"]
    country, right = place(file, given)
    act = {"administration": "administer", "disposal": "dispose"}.get(given["act"], given["act"])

    def ask() -> Outcome[powers.Tally]:
        return powers.vote(country, right, act, split(given["shares"]), given.get("yes") or given.get(True) or [], day(given))

    if "expect_error" in case:
        refused(ask, case["expect_error"])
        return
    word = case["expect"].split(" ")[0]
    found = ask()
    assert isinstance(found, Undetermined) if word == "undetermined" else value(found).result == word


# governing_law


def governing_law(_file: Known, case: Known) -> None:
    given = case["input"]
    holders = [holder(one) for one in given.get("holders_in_register_order") or given["holders"]]
    registered = not given["right"].startswith("unregistered")
    designated = given.get("designated_by_agreement") or ""
    found = governing.law(UNION_RIGHTS[given["right"]], holders, day(given), registered=registered, designated=designated)
    if case["expect"] == "undetermined":
        assert isinstance(found, Undetermined)
    else:
        assert jurisdictions.spelled(case["expect"]) == value(found)


def holder(one: Any) -> Holder:
    if isinstance(one, str):
        return Holder(one)
    return Holder(one.get("seat") or one["country"], tuple(one.get("establishments", ())))


# ownership.employer

MAKERS = (
    ("advertis", "commissioned-advertising"),
    ("mixed", "employee-mixed"),
    ("company_invention", "employee-company"),
    ("occasional", "employee-mixed"),
    ("outside", "employee-other"),
    ("employee", "employee"),
    ("host", "hosted"),
    ("intern", "hosted"),
    ("student", "student"),
    ("helper", "helper"),
    ("assistant", "helper"),
    ("commission", "commissioned"),
    ("freelanc", "commissioned"),
    ("contractor", "commissioned"),
    ("service", "commissioned"),
)
TAKERS = (
    (r"employer may claim", "maker"),
    (r"employer|exclusive transfer", "employer"),
    (r"commissioner|client|customer", "commissioner"),
    (r"host", "host"),
    (r"designer|employee|author|maker|creator|contractor|freelancer|inventor", "maker"),
)


def employer(file: Known, case: Known) -> None:
    given, expected = case["input"], str(case["expect"])
    country, right = place(file, given)
    maker = next(kind for part, kind in MAKERS if part in given["maker"])
    facts = {name.replace("_", "-") for name, holds in given.items() if holds is True}
    found = ownership.owner(country, right, maker, day(given), facts)
    if expected.startswith("undetermined"):
        assert isinstance(found, Undetermined | Conflict)
        return
    taking = value(found)
    assert taking.to == next(kind for words, kind in TAKERS if re.match(words, expected)), (taking, expected)
    named = {str(period) for period in (taking.term, taking.within) if period}
    assert months(expected) <= named
    assert taking.option == "employer" if "may claim" in expected else True
    assert taking.pay if re.search("fair compensation|remuneration|equo premio", expected) else True
    assert taking.what in ("economic", "needed", "exclusive-use") if re.search("economic rights|exclusive transfer", expected) else True
    if "written assignment" in expected:
        assert value(formalities.form(country, right, "assign", day(given))).needs == "writing"


# licensing.defaults

SUBJECTS = {"licensor may work": "licensor-may-work", "payment": "fee", "price": "fee"}
HOLDS = {"all": "all", "whole": "whole", "full": "full"}


def defaults(file: Known, case: Known) -> None:
    country, right = place(file, case)
    expected = {True: "yes", False: "no"}.get(case["expect"], str(case["expect"])).lower()
    if "silent_on" in case:
        silent(country, right, case, expected)
    elif "earlier" in case:
        assert value(formalities.filler(country, right, "earlier-licence", day(case))).holds == "survives"
        assert "survives" in expected
    else:
        assert expected.split(":")[0].split(" ")[0] == verdict(country, right, case)


def silent(country: str, right: str, case: Known, expected: str) -> None:
    parts = case["silent_on"].split("/")
    expectations = expected.split(", ") if len(parts) > 1 else [expected]
    for subject, said in zip(parts, expectations, strict=True):
        found = value(formalities.filler(country, right, SUBJECTS.get(subject, subject), day(case)))
        assert said.replace("-", " ").startswith(found.holds.replace("-", " ")) or months(said) == {str(found.length)}, (found, said)


def verdict(country: str, right: str, case: Known) -> str:
    """What becomes of a clause or of an act done without its form."""
    on = day(case)
    for name, act in (("assignment_form", "assign"), ("transfer_form", "assign"), ("licence_form", "license"), ("license_form", "license")):
        if name in case:
            given = {"written": "writing"}.get(case[name], case[name])
            return str(value(formalities.form(country, right, act, on)).of(given))
    if "partial_assignment_territory" in case:
        return str(value(formalities.clause(country, right, "assign-territory", on)))
    if "licence_territory" in case or "partial_licence_territory" in case:
        return str(value(formalities.clause(country, right, "license-territory", on)))
    assignment = case["assignment"]
    about = "delimitation" if "missing" in assignment else "future-works-global"
    return str(value(formalities.clause(country, right, about, on)))


ADAPTERS: Mapping[str, Callable[[Known, Known], None]] = {
    "allocation.withdrawal": withdrawal,
    "allocation.statutory_default": statutory_default,
    "licensing.statutory_powers": statutory_powers,
    "governance.majority": majority,
    "governing_law": governing_law,
    "ownership.employer": employer,
    "licensing.defaults": defaults,
}
