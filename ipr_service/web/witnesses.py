"""Words for what witnesses do and find, for the operator's page and the page about this installation."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _


def kinds() -> Mapping[str, tuple[str, str]]:
    """Kinds of contradiction: a heading, and what it means and what to do."""
    return {
        "two-roots": (
            _("A log that we witness signed two histories."),
            _(
                "Its keys signed two different roots for one size. Both are kept below and prove it. Nothing is cosigned but the history "
                "that we knew. Tell those who rely on that log."
            ),
        ),
        "bad-proof": (
            _("A log that we witness did not prove that it only grew."),
            _(
                "We did not cosign. Somebody may have sent a wrong proof with a true checkpoint: then this settles itself when the log "
                "asks properly. If it stays, the log was rewritten: compare it with `ipr log watch`, and ask its operator."
            ),
        ),
        "witness-ahead": (
            _("A witness knows more of our log than we do."),
            _(
                "Our database was probably rolled back to an old state. Stop, and restore the newest backup: what is registered now stands "
                "in a second history that no witness will cosign."
            ),
        ),
        "witness-refuses": (
            _("A witness refuses our log."),
            _(
                "It says that our log is not the one that it saw before. Stop, and find out with `ipr log audit --anchor` which history "
                "others have seen."
            ),
        ),
    }


def reasons() -> Mapping[str, str]:
    """Why a witness did not cosign the last time, by stable code."""
    return {
        "outside": _("Does not answer"),
        "refused": _("Its address is not allowed"),
        "unknown-there": _("Does not witness this log: give it our keys"),
        "untrusted-there": _("Knows other keys of this log"),
        "bad-request": _("Did not understand us"),
        "conflict": _("Names another size each time"),
        "witness-ahead": _("Knows more of our log than we do"),
        "witness-refuses": _("Refuses our log"),
    }
