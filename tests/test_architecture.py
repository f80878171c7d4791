"""The laws of the house that import contracts cannot say (docs/house.md; the contracts stand in setup.cfg).

Every law reads the source, not the running program, and names the file and the line that breaks it.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ipr_service"
GROUND = ("evidence", "rights", "agreements")
FILE_LINES = 400
FUNCTION_LINES = 60

# Files and functions that outgrew their limit, with their size today. They may shrink, then the number here shrinks too;
# nothing may grow, and nothing is added without a reason beside it.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {  # tables of conformance vectors, one statement a row
    "tests/conformance/logs.py::logs": 65,
    "tests/conformance/times.py::revocations": 78,
    "tests/conformance/times.py::times": 69,
}

# Templates that print markup made by us, and why that markup is safe.
SAFE_MARKUP: dict[str, str] = {}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def modules(*rooms: str) -> list[Path]:
    """Every module of the rooms, or of the whole package."""
    return sorted(path for room in rooms or ("",) for path in (PACKAGE / room).rglob("*.py"))


def offences(paths: list[Path], guilty: Callable[[ast.AST], bool]) -> list[str]:
    """``file:line`` of every node that breaks a law."""
    return [f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}" for path in paths for node in ast.walk(tree(path)) if guilty(node)]


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def imported(node: ast.AST) -> list[str]:
    """The modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{name.name}" for name in node.names)]
    return []


def calls(*attributes: str) -> Callable[[ast.AST], bool]:
    """Whether a node calls a method of one of these names, on whatever object."""
    return lambda node: isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in attributes


def sentence(law: str, found: list[str]) -> str:
    """What is said when a law is broken: the law, then every place."""
    return f"{law}:\n  " + "\n  ".join(found)


def test_our_own_modules_are_imported_at_the_top_and_nowhere_else() -> None:
    found = []
    for path in modules():
        if path == PACKAGE / "cli/commands.py":
            continue  # the table that loads a command's module when it is called
        for function in ast.walk(tree(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden = [node for node in ast.walk(function) if any(name.startswith("ipr_service") for name in imported(node))]
                found += [f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}" for node in hidden]
        if path != PACKAGE / "__main__.py":  # the door stands above every floor; it loads `app` only for a command that serves
            found += offences([path], lambda node: isinstance(node, ast.Call) and dotted(node.func).endswith("import_module"))
    assert not found, sentence("A circle that has taken its shoes off", found)


def test_a_commit_stands_only_in_the_database_and_the_sequencer() -> None:
    allowed = {PACKAGE / "store/database.py", PACKAGE / "store/sequencer.py"}
    found = offences([path for path in modules() if path not in allowed], calls("commit"))
    assert not found, sentence("Commit by leaving `database.writing()` or through the sequencer", found)


CHANCE_AND_CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "datetime.datetime.utcnow",
    "datetime.date.today", "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.sleep", "os.urandom", "os.environ",
    "os.getenv", "os.getpid", "uuid.uuid1", "uuid.uuid4", "uuid.uuid7", "urllib.request", "http.client", "Path.home", "Path.cwd",
    "os.getcwd",
}  # fmt: skip


def test_the_ground_rooms_read_no_clock_no_chance_and_no_environment() -> None:
    def guilty(node: ast.AST) -> bool:
        names = imported(node) or [dotted(node)]
        return any(name in CHANCE_AND_CLOCK or name in {"secrets", "random", "uuid", "time", "urllib.request"} for name in names if name)

    found = [place for place in offences(modules(*GROUND), guilty) if not _is_plain_name(place)]
    assert not found, sentence("Time, randomness and settings are arguments in the ground rooms", found)


def _is_plain_name(place: str) -> bool:
    """A variable of our own that happens to be called ``time`` or ``random`` is no module."""
    file, line = place.rsplit(":", 1)
    text = (ROOT / file).read_text().splitlines()[int(line) - 1]
    return "import" not in text and not any(name in text for name in CHANCE_AND_CLOCK)


def test_no_float_enters_the_rights() -> None:
    def guilty(node: ast.AST) -> bool:
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        name = isinstance(node, ast.Name) and node.id == "float"
        exact = isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} <= {"gcd", "isqrt", "lcm", "prod"}
        whole = {"math"} if exact else set()
        return literal or name or any(module.split(".")[0] in {"math", "cmath", "statistics"} - whole for module in imported(node))

    found = offences(modules("rights"), guilty)
    assert not found, sentence("Shares and money are exact: Fraction, Decimal or int", found)


def test_dataclasses_in_the_ground_rooms_are_frozen() -> None:
    def guilty(node: ast.AST) -> bool:
        if not isinstance(node, ast.ClassDef):
            return False
        for decorator in node.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            if dotted(call).split(".")[-1] == "dataclass":
                words = decorator.keywords if isinstance(decorator, ast.Call) else []
                return not any(word.arg == "frozen" and getattr(word.value, "value", False) is True for word in words)
        return False

    found = offences(modules(*GROUND), guilty)
    assert not found, sentence("A value that changes is not a value: @dataclass(frozen=True)", found)


def test_every_init_is_empty_or_hands_on_names() -> None:
    def hands_on(statement: ast.stmt) -> bool:
        names = isinstance(statement, ast.Assign) and [dotted(target) for target in statement.targets] == ["__all__"]
        return (
            names
            or isinstance(statement, ast.ImportFrom)
            or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        )

    inits = [path for path in modules() if path.name == "__init__.py"]
    found = [str(path.relative_to(ROOT)) for path in inits if not all(hands_on(statement) for statement in tree(path).body)]
    assert not found, sentence("`__init__.py` holds no code", found)


def test_no_room_is_a_box_for_odds_and_ends() -> None:
    boxes = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc|tools|stuff)(_|$)")
    found = [str(path.relative_to(ROOT)) for path in modules() if boxes.search(path.stem) or boxes.search(path.parent.name)]
    assert not found, sentence("Name a module after what is in it", found)


def test_errors_end_in_error() -> None:
    def guilty(node: ast.AST) -> bool:
        bases = [dotted(base).split(".")[-1] for base in node.bases] if isinstance(node, ast.ClassDef) else []
        is_error = any(base.endswith(("Error", "Exception")) for base in bases)
        return is_error and isinstance(node, ast.ClassDef) and not node.name.lstrip("_").endswith("Error")

    found = offences(modules(), guilty)
    assert not found, sentence("Errors end in `Error`", found)


def test_no_bare_net_catches_every_exception() -> None:
    def guilty(node: ast.AST) -> bool:
        if not isinstance(node, ast.ExceptHandler):
            return False
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type] if node.type else []
        return not caught or (any(dotted(kind) in {"Exception", "BaseException"} for kind in caught) and not _raises_again(node))

    # The doors: what reaches them unforeseen is logged and answered as an internal error, nothing else.
    doors = {PACKAGE / "__main__.py", PACKAGE / "api/problems.py", PACKAGE / "jobs/worker.py", PACKAGE / "cli/exits.py"}
    doors.add(PACKAGE / "store/sequencer.py")  # hands the error of a group to every thread that waits for it, which raises it
    found = offences([path for path in modules() if path not in doors], guilty)
    assert not found, sentence("Catch what you can name", found)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def test_papers_are_rendered_only_behind_our_engine() -> None:
    rooms = [path for path in modules() if "rendering" not in path.stem and path.is_relative_to(PACKAGE / "agreements")]
    others = [path for path in modules() if not path.is_relative_to(PACKAGE / "agreements")]
    found = offences(others, lambda node: any(name.split(".")[0] == "docxtpl" for name in imported(node)))
    found += offences(rooms, calls("render", "from_string"))
    assert not found, sentence("`.render(` stands only in agreements/rendering: sandboxed, strict, escaped", found)


def test_markup_is_called_safe_only_where_a_reason_stands() -> None:
    marks = re.compile(r"\|\s*safe\b|\{%-?\s*autoescape\s+false|\bMarkup\(")
    files = [*PACKAGE.glob("web/templates/**/*.html"), *modules("web", "api", "wire")]
    found = {str(path.relative_to(PACKAGE)) for path in files if marks.search(path.read_text())}
    assert found == set(SAFE_MARKUP), sentence("Markup that is not escaped needs a reason in SAFE_MARKUP", sorted(found ^ set(SAFE_MARKUP)))


def _python_files() -> Iterator[Path]:
    yield from modules()
    for folder in ("tests", "benchmarks", "docs", "migrations"):
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if path.parent.name != "versions")


def test_no_file_outgrows_a_few_screens() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in _python_files()}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == LONG_FILES, "split it by subject"


def test_no_function_outgrows_one_screen() -> None:
    sizes: dict[str, int] = {}
    for path in _python_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                size = node.end_lineno - node.lineno + 1
                if size > FUNCTION_LINES:
                    sizes[f"{path.relative_to(ROOT)}::{node.name}"] = size
    assert sizes == LONG_FUNCTIONS, "let each function do one thing"


def test_tests_mirror_the_package() -> None:
    own = {"support", "vectors", "cases", "golden", "e2e", "security", "journey", "reliability", "conformance", "fuzz"}
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    found = [
        path.name
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and not path.name.startswith(("__", ".")) and path.name not in own | rooms
    ]
    assert not found, sentence("A test lies where its subject lies", found)


@pytest.mark.parametrize("room", GROUND)
def test_every_module_of_a_ground_room_has_its_tests(room: str) -> None:
    stems = {path.stem for path in (ROOT / "tests" / room).rglob("test_*.py")}
    found = [
        str(path.relative_to(ROOT))
        for path in modules(room)
        if path.name != "__init__.py" and not any(stem == f"test_{path.stem}" or stem.startswith(f"test_{path.stem}_") for stem in stems)
    ]
    assert not found, sentence(f"Its tests belong into tests/{room}/test_<module>.py", found)


def test_the_types_are_silenced_only_with_a_code_and_a_reason() -> None:
    silence = re.compile(r"#\s*type:\s*ignore(?!\[[a-z, -]+\]\s+# \S)|#\s*noqa(?!:)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if silence.search(line)
    ]
    assert not found, sentence("Write `# type: ignore[code]  # reason`", found)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-server.txt", "requirements-test.txt"])
def test_pins_name_no_place_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9][\w.-]*(\[[\w,-]+\])?==\S+", text, re.M)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.M)), "every requirement is pinned"
    assert text.count("--hash=sha256:") >= len(pins), "every pin is hashed"


def test_the_three_files_of_pins_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==[^\\]+?)\s*(?:\\)?$", (ROOT / name).read_text(), re.M))

    assert pins("requirements.txt") <= pins("requirements-server.txt") <= pins("requirements-test.txt")


def test_make_help_lists_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\S+) ", listed, re.M)) == phony
