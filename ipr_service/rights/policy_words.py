"""What the shipped policies say to people, marked for translation: catalogues are not made from YAML. A test keeps the two equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights.policies import Policy
from ipr_service.rights.rules import Sole, Weigh

WORDS: Final = (
    N_("Equal shares"),
    N_("Everybody who takes part in the making holds the same share."),
    N_("it can be told apart and used alone, so it stays its maker's own"),
    N_("organising or advising is not making; being thanked and paid for it is another agreement"),
    N_("paying for the work is not making it; a return on the money is another agreement"),
    N_("By agreed points"),
    N_("Each contribution has the points that the parties agreed on; a share is one's own points over all points."),
    N_("By role"),
    N_("Each role weighs what the parties agreed; within a role, leading counts more than supporting."),
    N_("Concept and execution"),
    N_("Three fifths of the whole go to those who conceived it, two fifths to those who made it; in each pool by agreed points."),
    N_("By recorded pieces"),
    N_("Every recorded piece counts, but each further piece of one kind by the same party counts half of the one before."),
    N_("pieces"),
    N_("By agreed points, none above half"),
    N_("Agreed points, but nobody holds more than half; what is above goes to the others in proportion."),
    N_("nobody decides alone"),
    N_("By agreed points, none forgotten"),
    N_("Agreed points, but everybody who made something holds at least a twentieth, taken from the others in proportion."),
    N_("whoever made something keeps a part in it"),
    N_("By agreed points, sources share"),
    N_("Agreed points, and a fifth of what a contribution earns goes on to each thing that it builds on, half of it at most."),
    N_("what builds on an earlier thing shares with it"),
    N_("By order of names"),
    N_("The first named counts 1, the second one half, the third one third, and so on."),
    N_("the parties, when they agree on the order of names"),
    N_("parts by place"),
    N_("By cost and in kind"),
    N_("What each party put at risk, work and things at twice their fair price, money at four times and only when it is spent."),
    N_("the party that made it"),
    N_("the party that paid"),
    N_("both sides of the work"),
    N_("the parties, at its fair market price"),
    N_("money that is not spent yet is a loan"),
    N_("By agreed points, over four years"),
    N_("Agreed points that vest month by month over four years, nothing before one year; what a leaver does not keep goes to the others."),
    N_("the parties"),
    N_("the parties, by agreement with the one who leaves"),
    N_("a share is earned by staying"),
    N_("Lambert model 1"),
    N_("The university holds the results; the sponsor gets a non-exclusive licence, by field or territory."),
    N_("the university holds what it creates"),
    N_("in the agreed field, territory or both"),
    N_("Lambert model 2"),
    N_("The university holds the results; the sponsor gets a non-exclusive licence, and may ask for an exclusive one."),
    N_("an exclusive licence to certain results"),
    N_("Lambert model 3"),
    N_("The university holds the results; the sponsor gets a non-exclusive licence, and may ask for the assignment of certain results."),
    N_("the assignment of certain results"),
    N_("Lambert model A"),
    N_("Each party holds what it creates, and licenses it to all others for any purpose."),
    N_("the party that created the result"),
    N_("each party holds what it creates"),
    N_("for the project and any other purpose, with the right to sublicense"),
    N_("Lambert model B"),
    N_("One lead party exploits and holds the results; the others share in its success."),
    N_("the parties, when they choose who leads exploitation"),
    N_("one party leads the exploitation"),
    N_("a share of the revenue, or a payment on success"),
    N_("the lead's rights end if it does not exploit"),
    N_("Lambert model C"),
    N_("Each party takes the results that belong to its core business; the others share in its success."),
    N_("the parties, for each result: whose core business it belongs to"),
    N_("the result belongs to its core business"),
    N_("the rights end if they are not exploited"),
    N_("Somebody joins"),
    N_("Who joins gets an agreed part of the whole; all others make room in proportion to what they held."),
    N_("the split before"),
    N_("the others make room in proportion"),
    N_("Somebody leaves"),
    N_("Who leaves keeps the agreed part of its share; the rest goes to those who stay, in proportion."),
    N_("what a leaver does not keep goes to those who stay, in proportion"),
    N_("A share is handed on"),
    N_("A holder hands a part of its own share on to another; nobody else's share changes."),
    N_("handed on by agreement"),
)
"""Every title, summary, reason, unit and licence of the policies that ship, and who can settle what they ask for."""


FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "creator": N_("Who created the result"),
        "core": N_("Whose core business it belongs to"),
        "joined": N_("Since when it takes part"),
        "kind": N_("What it is"),
        "lead": N_("Who leads the exploitation"),
        "left": N_("When it left; empty while it stays"),
        "paid": N_("What was paid for it already"),
        "place": N_("Place in the order of names"),
        "rate": N_("Fair pay for one hour"),
        "university": N_("Which party is the university"),
        "vested": N_("Part of its share that it keeps, if you agreed on one"),
        "worth": N_("Fair price"),
    }
)
"""What people call the facts that the offered policies ask for."""

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cash": N_("Money that was spent"),
        "cash-unspent": N_("Money that is not spent yet"),
        "time": N_("Working time"),
        "other": N_("Something else at its fair price: equipment, material, an idea"),
    }
)
"""What people call the codes that the offered policies know."""


def said_by(policy: Policy) -> Iterator[str]:
    """What a policy says to people: what has to be translated."""
    yield from (policy.title, policy.about)
    yield from (one.settles for one in policy.facts if one.settles)
    for rule in policy.rules:
        if isinstance(rule, Weigh):
            yield from (rule.unit,) if rule.unit else ()
            continue
        if isinstance(rule, Sole):
            yield from filter(None, (rule.back.scope, rule.back.option, rule.back.money, rule.back.ends))
        yield from filter(None, (getattr(rule, "because", ""),))
