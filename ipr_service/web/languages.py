"""Which language and time zone a page speaks: the choice in the browser's session, then the person's, then what the browser asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from flask import Flask, g, request, session
from flask_babel import Babel, Domain, format_date, format_decimal, format_time, get_locale, get_timezone, ngettext
from flask_babel import gettext as _

from ipr_service.errors import FieldProblem, ServiceError
from ipr_service.services.languages import locale_of, translations
from ipr_service.settings import Settings


class HouseDomain(Domain):
    """Flask-Babel's lookup over the catalogues of ``services/languages``."""

    def get_translations(self) -> Any:
        return translations(current())


def current() -> str:
    """Code of the language of this page."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


def offered(settings: Settings) -> list[tuple[str, str]]:
    """The languages offered, each with its own name for itself."""
    return [(code, (Locale.parse(code).get_display_name(code) or code).capitalize()) for code in settings.languages]


def say(problem: ServiceError | FieldProblem) -> str:
    """A refusal in the language of this page."""
    text = _(problem.msgid)
    return text.format(**problem.values) if problem.values else text


def when(value: datetime) -> str:
    """A moment in the reader's zone, to the minute, with the zone's short name: 6 Dec 2026, 16:43 CET."""
    zone = value.astimezone(get_timezone() or UTC).tzname()
    return _("%(day)s, %(time)s %(zone)s", day=format_date(value, "medium"), time=format_time(value, "short"), zone=zone)


def to_the_second(value: datetime) -> str:
    """The same with seconds, for evidence."""
    zone = value.astimezone(get_timezone() or UTC).tzname()
    return _("%(day)s, %(time)s %(zone)s", day=format_date(value, "medium"), time=format_time(value, "medium"), zone=zone)


def sized(size: int) -> str:
    """A number of bytes for reading: 312 bytes, 1.4 MB (powers of 1,000)."""
    if size < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", size)
    units = ("kB", "MB", "GB", "TB")
    power = min((len(str(size)) - 1) // 3, len(units))
    return f"{format_decimal(round(size / 1000**power, 1))} {units[power - 1]}"


def join(app: Flask, settings: Settings) -> None:
    """Set Flask-Babel up for this application."""

    def language() -> str:
        visitor = g.get("visitor")
        chosen = session.get("language") or (visitor.language if visitor else None)
        if chosen in settings.languages:
            return locale_of(chosen)
        found = request.accept_languages.best_match(settings.languages) or settings.languages[0]
        return locale_of(found)

    def zone() -> str:
        visitor = g.get("visitor")
        return visitor.time_zone if visitor else "Europe/Rome"

    babel = Babel()
    babel.init_app(app, default_locale=settings.languages[0], default_timezone="UTC", locale_selector=language, timezone_selector=zone)
    babel.domain_instance = HouseDomain()
    app.jinja_env.filters["megabytes"] = sized
    app.jinja_env.filters["when"] = when
    app.jinja_env.filters["to_the_second"] = to_the_second


@cache
def zones() -> tuple[str, ...]:
    """The time zones to choose from: regions with a place, as people know them."""
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return tuple(sorted(name for name in available_timezones() if name.startswith(areas)))


def known_zone(name: str) -> bool:
    """Whether the machine knows this time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
