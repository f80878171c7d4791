"""What the law says, in sentences a designer understands: every coded answer as a :class:`ipr_service.rights.outcomes.Remark`.

Nothing is computed here. A page joins the sentences; the rows behind them stand beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights.formalities import Filler, FormRule
from ipr_service.rights.outcomes import Remark
from ipr_service.rights.ownership import Taking
from ipr_service.rights.powers import ConsentRule, Preemption
from ipr_service.rights.provisions import CONDITIONS

ACTS: Final[Mapping[str, str]] = {
    "use": N_("Use it oneself"),
    "license": N_("License it, non-exclusively"),
    "license-exclusive": N_("License it exclusively"),
    "sell-share": N_("Sell one’s share"),
    "sell-whole": N_("Sell the whole"),
    "sue": N_("Sue who copies"),
    "sue-moral": N_("Sue for the moral right"),
    "disclose": N_("Publish it for the first time"),
    "alter": N_("Change it"),
    "use-as-disclosed": N_("Use it in the published form"),
    "use-own-part": N_("Use one’s own part apart"),
    "administer": N_("Manage it day by day"),
    "dispose": N_("Dispose of it"),
    "conserve": N_("Keep it alive"),
    "file": N_("File, renew and pay fees"),
    "divide": N_("Ask for division"),
}
RIGHTS: Final[Mapping[str, str]] = {
    "patent": N_("Patent"),
    "design": N_("Design"),
    "trademark": N_("Trade mark"),
    "copyright": N_("Copyright"),
    "software": N_("Software"),
    "trade_secret": N_("Trade secret"),
    "patent_unitary": N_("Unitary patent"),
    "results_horizon": N_("Results of Horizon Europe"),
    "background_horizon": N_("Background of Horizon Europe"),
    "any_comunidad": N_("Anything held in common (comunidad)"),
    "any_compropriedade": N_("Anything held in common (compropriedade)"),
}
WORKING: Final[Mapping[str, str]] = {
    "independent": N_("For herself or himself"),
    "employee": N_("As an employee, as part of the job"),
    "employee-company": N_("As an employee, in the job, not paid for inventing"),
    "employee-mixed": N_("As an employee, outside the job, with means of the employer"),
    "employee-other": N_("As an employee, outside the job, with own means"),
    "commissioned": N_("On commission, as a freelancer"),
    "hosted": N_("Hosted by a research body, without being its employee"),
    "student": N_("As a student"),
}
MARKS: Final[Mapping[str, str]] = {
    "verified-primary": N_("read in the law itself"),
    "inferred-from-primary": N_("concluded from the law"),
    "verified-secondary": N_("read in a text about the law"),
    "unverified": N_("unverified: decides nothing"),
}
_WHO: Final = {
    "alone": N_("Each may do it alone"),
    "majority": N_("Those who hold more than half of the interests decide"),
    "half": N_("A majority that holds at least half of the value decides"),
    "two-thirds": N_("Two thirds of the rights decide"),
    "all": N_("All must agree"),
    "all-unless-unjustified": N_("All must agree, but nobody may refuse without a reason"),
    "not-alone": N_("Nobody may do it alone"),
}
_FORMS: Final = {
    "writing": N_("In writing"),
    "signed": N_("In writing and signed by the parties"),
    "proof": N_("Proved only in writing"),
    "recognised": N_("In writing, with recognised signatures"),
    "deed": N_("By public deed"),
}
_FAILS: Final = {
    "void": N_("Else it is void"),
    "invalid": N_("Else it does not count"),
    "unproved": N_("Else it cannot be proved"),
    "defective": N_("The rule does not say what happens else"),
}
_TAKES: Final = {
    "maker": N_("Stays with who made it"),
    "employer": N_("Goes to the employer"),
    "commissioner": N_("Goes to who commissioned it"),
    "host": N_("Goes to the body that hosts"),
    "controller": N_("Belongs to who lawfully controls it"),
}
_WHAT: Final = {
    "right": "",
    "economic": N_("All economic rights"),
    "exclusive-use": N_("The exclusive use"),
    "needed": N_("Only what its purpose or usual activity needs; the rest stays with who made it"),
}
KEPT: Final = N_("Nobody can give them away")
HOLDS: Final[Mapping[str, str]] = {
    "non-exclusive": N_("It is not exclusive"),
    "not-allowed": N_("No sublicence"),
    "paid": N_("It is paid"),
}


def rule(found: ConsentRule) -> tuple[Remark, ...]:
    """Who must agree, and what one owes: one to five sentences."""
    said = [Remark(_WHO[found.who])]
    if found.notice_days:
        said.append(Remark(N_("The others must be told {period} before"), {"period": found.notice_days}))
    elif found.notice or found.offer:
        said.append(Remark(N_("The others must be told first")))
    if found.offer:
        said.append(Remark(N_("One must offer them one’s own share at a price")))
    if found.block:
        said.append(Remark(N_("They may stop it by buying that share within {period}"), {"period": found.block}))
    if found.owes == "compensation":
        said.append(Remark(N_("The others are owed fair compensation")))
    elif found.owes == "indemnity":
        said.append(Remark(N_("Private use owes the others an indemnity")))
    if found.court:
        said.append(Remark(N_("A court may decide if they do not agree")))
    if found.condition:
        said.append(Remark(N_("Condition: {condition}"), {"condition": Remark(CONDITIONS[found.condition])}))
    return (*said, *(_preemption(found.preemption) if found.preemption else ()))


def _preemption(found: Preemption) -> tuple[Remark, ...]:
    said = []
    if found.before:
        said.append(Remark(N_("The others may buy it first, within {period}"), {"period": found.before}))
    if found.after:
        said.append(Remark(N_("After the sale they may step into it within {period}"), {"period": found.after}))
    return tuple(said)


def taking(found: Taking) -> tuple[Remark, ...]:
    """To whom a right goes."""
    return (Remark(_TAKES.get(found.to, N_("Goes to somebody else"))), *([Remark(_WHAT[found.what])] if _WHAT[found.what] else []))


def form(found: FormRule) -> tuple[Remark, ...]:
    """The form of an act, and what becomes of it without."""
    return Remark(_FORMS[found.needs]), Remark(_FAILS[found.otherwise])


def filler(found: Filler) -> Remark:
    """What holds where a licence is silent."""
    return Remark(HOLDS.get(found.holds, found.holds))
