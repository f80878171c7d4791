"""Passwords: which are taken, and how they rest (argon2id, 19 MiB, two passes, one lane: OWASP's first recommendation).

One run takes some 35 ms and 19 MiB; at most :data:`AT_ONCE` run at the same time, so that a flood of log-ins cannot take the memory.
An unknown address costs the same run against :data:`_NOBODY` (SECURITY class 13).
"""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ipr_service.errors import N_, InputError

SHORTEST, LONGEST = 10, 128
AT_ONCE = 4
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_SLOTS = BoundedSemaphore(AT_ONCE)
# The hash of a random password that nobody knows.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$YDBPxbNspoF7Qo8AFWJM1w$1dxztD/+nsiQ1nHNdITEzL8bg03/pyQLISwxKFdS2Aw"
# The most used passwords of ten characters or more, after public lists of leaked ones; compared without case and digits at the end.
COMMON = frozenset(
    [
        "password",
        "password1",
        "passwordpassword",
        "qwertyuiop",
        "qwertyqwerty",
        "qwerty12345",
        "qwertyuiopasdfghjkl",
        "asdfghjkl",
        "asdfghjkl;",
        "asdfasdfasdf",
        "zxcvbnmzxcvbnm",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "qazwsxedcrfv",
        "zaq12wsxcde",
        "1234567890",
        "0123456789",
        "0987654321",
        "12345678910",
        "1234567891",
        "1111111111",
        "0000000000",
        "1212121212",
        "1231231231",
        "123123123123",
        "9876543210",
        "abcdefghij",
        "abcdefghijkl",
        "abc1234567",
        "abcd123456",
        "iloveyou",
        "iloveyouforever",
        "ilovemyself",
        "letmeinplease",
        "letmeinnow",
        "welcome",
        "welcomehome",
        "administrator",
        "adminadmin",
        "adminpassword",
        "changeme",
        "changemenow",
        "trustno1trustno1",
        "superman1234",
        "football",
        "baseball",
        "basketball",
        "princess",
        "sunshine",
        "chocolate",
        "liverpool",
        "manchester",
        "starwars",
        "starwarsstarwars",
        "pokemonpokemon",
        "computer",
        "internet",
        "michael",
        "jennifer",
        "monkeymonkey",
        "dragondragon",
        "mustangmustang",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "pa55word",
        "passwort",
        "passwort1",
        "motdepasse",
        "contrasena",
        "contraseña",
        "ciaociaociao",
        "juventus",
        "amoremio",
        "forzaroma",
        "forzanapoli",
        "forzamilan",
        "buongiorno",
        "password!",
        "password123!",
        "qwerty123!",
        "welcome123!",
        "admin123456",
        "test123456",
        "testtesttest",
        "secretsecret",
        "mypassword",
        "yourpassword",
        "thisismypassword",
        "correcthorsebatterystaple",
    ]
)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def clean(pointer: str, password: object, *about: str) -> str:
    """Check a new password.

    Args:
        about: what everybody knows of the person (address, name); a password that is one of them is refused.

    Raises:
        InputError: naming the limit and what to do; never the password.
    """
    if not isinstance(password, str) or not password:
        raise InputError.at(pointer, N_("Please choose a password."))
    if len(password) < SHORTEST:
        raise InputError.at(
            pointer, N_("The password has fewer than {limit} characters. Three or four words make a good one."), limit=SHORTEST
        )
    if len(password) > LONGEST:
        raise InputError.at(pointer, N_("The password has more than {limit} characters. Shorten it."), limit=LONGEST)
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in password):
        raise InputError.at(pointer, N_("The password holds a control character. Type it instead of pasting it."))
    folded = password.casefold()
    known = {folded, folded.rstrip("0123456789"), folded.rstrip("0123456789!.")}
    if known & COMMON or len(set(folded)) < 4 or folded in {fact.casefold() for fact in about}:
        raise InputError.at(pointer, N_("This password is among the first that would be tried. Three or four words make a better one."))
    return password


def digest(password: str) -> str:
    """The argon2id hash that rests."""
    with _SLOTS:
        return _HASHER.hash(_plain(password))


def matches(rests: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; takes the same time when there is none (``rests`` is None)."""
    if len(password) > LONGEST:
        password = ""  # never a real one; still one full run
    try:
        with _SLOTS:
            _HASHER.verify(rests or _NOBODY, _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return rests is not None


def outdated(rests: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(rests)
