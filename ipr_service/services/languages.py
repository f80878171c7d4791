"""The catalogues: one gettext lookup for pages, mails and documents, in every language that the package carries.

Catalogues are the committed ``.po`` files under ``web/translations/<language>/LC_MESSAGES/``; every ``.po`` file there is read, so that
each room may bring its own. They are compiled in memory when a language is first asked for: no ``.mo`` file can be missing or stale.
English is the msgid itself. A page asks through Flask-Babel (``web/languages``), a mail through :func:`say`.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

CATALOGUES = Path(__file__).resolve().parent.parent / "web" / "translations"
DEFAULT = "en"
_LOCALES = {"en": "en_GB"}  # dates and numbers of English pages as Europe writes them


def locale_of(language: str) -> str:
    """The locale by which dates and numbers are written for a reader of this language."""
    return _LOCALES.get(language, language)


@cache
def translations(language: str) -> Translations:
    """The catalogue of one language; an empty one (English) when the package carries none.

    Args:
        language: a language code as in the settings, ``en`` or ``it``.
    """
    folder = CATALOGUES / language / "LC_MESSAGES"
    if not language.isalpha() or not folder.is_dir():
        return Translations()
    joined = Catalog(locale=language, domain="messages")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as handle:
            for message in read_po(handle, locale=language):
                if message.id and message.string:
                    joined.add(message.id, message.string, flags=message.flags, context=message.context)
    buffer = BytesIO()
    write_mo(buffer, joined)
    buffer.seek(0)
    return Translations(buffer)


def say(language: str, msgid: str, **values: Any) -> str:
    """A sentence in a language, its ``{placeholders}`` filled."""
    catalogue: GNUTranslations | NullTranslations = translations(language)
    text = catalogue.gettext(msgid)
    return text.format(**values) if values else text
