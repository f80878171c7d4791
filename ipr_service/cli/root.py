"""``ipr``: the command line's front door. The commands stand in ``commands``, one module each."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import click

from ipr_service.cli.commands import Commands


def _version() -> str:
    try:
        return version("ipr-service")
    except PackageNotFoundError:
        return "checkout"


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done or verified; 1 checked and found false, damaged or foreign; 2 wrong arguments or a path that cannot be "
    "opened; 3 refused by a rule; 4 the outside world failed; 70 internal error.",
)
@click.version_option(_version(), prog_name="ipr")
def ipr() -> None:
    """Show ideas without fear: register, share under an NDA, agree the split, draft, sign, verify.

    Without a server: verify, split, draft. With one: register --server URL --token T.
    """
