"""Write versions/0001_initial.py anew from the models: only while nothing is released. ``make migration`` runs it.

After the first release migrations are forward-only and this file goes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from ipr_service.store.database import Database, migration_config

VERSIONS = Path(__file__).parent / "versions"


def main() -> None:
    for old in VERSIONS.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        config = migration_config(database)
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message="initial", autogenerate=True, rev_id="0001")
        database.close()
    written = [str(path) for path in VERSIONS.glob("*.py")]
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", "--select", "I,F401,W", *written], check=False)  # noqa: S603
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", *written], check=False)  # noqa: S603


if __name__ == "__main__":
    main()
