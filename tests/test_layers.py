"""Who may know whom: the laws of docs/architecture.md, checked against what is imported."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import twisted_chat

ROOT = Path(twisted_chat.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def _part(module: str) -> str:
    """The module at the top, or the package, that a module belongs to."""
    return module.partition(".")[0]


WIRE = {"events", "answers", "names", "limits", "refused", "text", "verbs", "wording", "clock"}
"""What says what people can ask for and be told, and knows nobody that does it."""

KNOWS: dict[str, set[str]] = {
    # What stands alone.
    "events": set(),
    "limits": set(),
    "text": set(),
    "pace": set(),
    "clock": set(),
    "steady": set(),
    "threads": set(),
    "identity": set(),
    "figures": set(),
    "keepalive": set(),
    "descriptors": {"limits"},
    "logformat": set(),
    "operator_files": {"limits", "text"},
    "certificates": {"operator_files"},
    "reload": {"certificates", "house", "limits", "operator_files"},
    "names": {"limits"},
    "answers": {"events"},
    "refused": {"events"},
    "moments": {"limits"},
    # What is kept.
    "journal": {"events", "identity", "limits", "names"},
    "ledger": {"events", "journal"},
    "accounts": {
        *("accounts", "clock", "identity", "journal", "ledger", "limits", "names", "refused"),
        "threads",
    },
    # The rules.
    "masks": {"admission", "limits", "names", "refused"},
    "patterns": {"limits", "refused", "text"},
    "rulings": {"limits", "masks", "moments", "patterns", "refused"},
    "rooms": {"accounts", "names", "refused", "rulings"},
    "guard": {"accounts", "masks", "moments", "names", "refused", "rooms", "rulings"},
    "registry": {
        *("accounts", "events", "guard", "journal", "ledger", "limits", "names", "refused"),
        *("rooms", "rulings"),
    },
    "held": {"accounts", "names", "refused", "rooms"},
    "chat": {
        *("accounts", "events", "guard", "held", "identity", "journal", "ledger", "limits"),
        *("names", "refused", "registry", "rooms"),
    },
    "moderation": {
        *("accounts", "chat", "events", "guard", "identity", "journal", "limits", "masks"),
        *("moments", "names", "patterns", "refused", "rooms", "rulings"),
    },
    "retention": {"chat", "journal", "rooms", "serverlog"},
    "ports": {"clock", "limits", "serverlog"},
    "admission": {"accounts", "clock", "limits", "pace"},
    # The way out.
    "wording": {"answers", "events", "moments"},
    "styles": {"answers", "events", "wording"},
    "serverlog": {"clock", "events"},
    "audience": {"answers", "styles"},
    "happened": {"answers", "audience", "events", "ledger"},
    "crowds": {"clock", "events", "limits"},
    "round": {
        *("answers", "audience", "crowds", "events", "happened", "journal", "limits", "serverlog"),
        "styles",
    },
    "delivery": {
        *("answers", "audience", "clock", "crowds", "events", "figures", "happened", "journal"),
        *("ledger", "limits", "refused", "round", "serverlog", "trail"),
    },
    "stats": {"answers", "descriptors", "figures"},
    "watch": {"clock", "figures", "limits", "serverlog"},
    "trail": {"limits"},
    "stream": {"answers", "audience"},
    "outbox": {"clock", "limits"},
    # The way in.
    "verbs": {
        *("accounts", "answers", "chat", "events", "journal", "limits", "masks", "moderation"),
        *("moments", "names", "patterns", "refused", "rooms", "rulings", "text", "verbs"),
    },
    "house": {
        *("accounts", "answers", "chat", "clock", "delivery", "elsewhere", "figures", "guard"),
        *("happened", "identity", "journal", "limits", "masks", "moderation", "names", "outbox"),
        *("registry", "retention", "rooms", "serverlog", "styles", "threads"),
    },
    "elsewhere": {
        *("accounts", "answers", "happened", "journal", "refused", "registry", "rooms"),
        "rulings",
    },
    "session": {
        *("accounts", "answers", "audience", "house", "pace", "refused", "rooms", "states"),
        *("stream", "styles", "verbs"),
    },
    "states": {
        "wording",
        *("accounts", "answers", "audience", "chat", "events", "happened", "identity", "journal"),
        *("ledger", "limits", "masks", "moderation", "names", "refused", "rooms", "stats", "verbs"),
    },
    "posting": {"chat", "events", "limits", "moments", "names", "refused", "rooms"},
    "visits": {
        *("accounts", "answers", "audience", "chat", "happened", "house", "journal", "ledger"),
        "limits",
        *("names", "pace", "posting", "refused", "rooms", "styles", "text", "verbs"),
    },
    "addresses": set(),
    "turning_away": {"admission", "clock", "house", "limits"},
    "holding": {"house"},
    # What a monitoring system asks for.
    "health": {"admission", "house", "limits"},
    "metrics": {"admission", "clock", "figures", "health", "house", "limits", "refused"},
}
"""The modules and packages that each may import; what type checkers alone see does not count."""

DOORS = {
    *("addresses", "admission", "answers", "clock", "doors", "holding", "house", "keepalive"),
    *("limits", "names", "outbox", "refused", "session", "states", "styles", "text"),
    *("turning_away", "verbs", "visits"),
}
"""What doors may know: sessions and visits, and what is said over them, for they describe that."""

ON_THE_REACTOR = {
    *("delivery", "outbox", "doors", "accounts", "journal", "client", "tap", "options"),
    *("ways_in", "testing", "threads", "certificates", "stream", "metrics", "addresses"),
    *("turning_away", "visits"),
}
"""Who may import ``twisted.internet``."""

PARTS = ({"doors.line", "doors.telnet"}, {name for name in MODULES if "doors.web" in name})
"""What each door is made of; another door is nothing to it."""


def test_sees_every_module() -> None:
    """What follows is not true of nothing."""
    assert {"chat", "doors.line", "verbs.table", "tap", "client.main"} <= set(MODULES)


@pytest.mark.parametrize("module", sorted(name for name in MODULES if _part(name) in KNOWS))
def test_knows_those_below_it_alone(module: str) -> None:
    """Each part imports what it is made of, and nothing that is made of it."""
    allowed = KNOWS[_part(module)]
    assert {_part(other) for other in _ours(module)} - {_part(module)} <= allowed


@pytest.mark.parametrize("module", ["events", "names", "limits"])
def test_imports_nothing_of_ours_but_numbers(module: str) -> None:
    """What can happen, what a name is, and what bounds them are the ground for the rest."""
    assert _ours(module) <= {"limits"}


@pytest.mark.parametrize("module", sorted(name for name in MODULES if _part(name) == "doors"))
def test_knows_the_session_and_no_rule(module: str) -> None:
    """A door translates: the chat and its rooms, delivery and journal are not its to touch."""
    assert {_part(other) for other in _ours(module)} <= DOORS


@pytest.mark.parametrize("module", sorted(name for name in MODULES if _part(name) == "doors"))
def test_knows_no_other_door(module: str) -> None:
    """Only the parts that it is made of."""
    others = {other for other in _ours(module) if _part(other) == "doors"}
    own = next((parts for parts in PARTS if module in parts), set())
    assert others <= own


@pytest.mark.parametrize("module", sorted(MODULES))
def test_leaves_doors_and_journals_to_who_puts_the_server_together(module: str) -> None:
    """Only the service, and the server for tests, know which ones there are."""
    if module == "options":
        assert {other for other in _ours(module) if _part(other) == "doors"} == {
            "doors.web.origins"
        }
        return
    if _part(module) in ("tap", "testing"):
        assert {"doors.line", "journal.memory"} <= _ours(module)
        return
    if _part(module) in ("doors", "journal", "admin"):
        return
    made = {other for other in _ours(module) if other.startswith(("doors", "journal."))}
    assert made == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_leaves_the_network_to_its_edges(module: str) -> None:
    """Reactor, sockets and Deferreds are for those who bring bytes in and out."""
    reached = {name for name in _imported(module) if name.startswith("twisted.internet")}
    assert not reached or _part(module) in ON_THE_REACTOR


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_no_reactor_at_its_top(module: str) -> None:
    """That would install one for whoever imports it."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    at_top = {name for node in tree.body for name in _names(node)}
    assert "twisted.internet.reactor" not in at_top


@pytest.mark.parametrize("module", sorted(name for name in MODULES if _part(name) == "client"))
def test_shares_with_the_server_what_is_on_the_wire(module: str) -> None:
    """The client knows the protocol and what sockets are, and nothing of the server behind it."""
    assert {_part(other) for other in _ours(module)} <= WIRE | {"client", "keepalive", ""}


@pytest.mark.parametrize("module", sorted(name for name in MODULES if _part(name) != "client"))
def test_knows_nothing_of_the_client(module: str) -> None:
    """The server runs without it; only ``python -m`` starts it."""
    assert module == "__main__" or "client" not in {_part(other) for other in _ours(module)}


def _ours(module: str) -> set[str]:
    """The modules of this package that a module imports when it runs."""
    return {_as_module(name) for name in _imported(module) if _is_ours(name)}


def _is_ours(name: str) -> bool:
    return name == "twisted_chat" or name.startswith("twisted_chat.")


def _as_module(name: str) -> str:
    """The module that a dotted name is, or is in."""
    inside = name.removeprefix("twisted_chat").removeprefix(".")
    return inside if inside in MODULES else inside.rpartition(".")[0]


@cache
def _imported(module: str) -> frozenset[str]:
    """Every dotted name that a module imports, anywhere in it."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return frozenset(name for node in _running(tree) for name in _names(node))


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """All that runs: what stands under ``if TYPE_CHECKING`` does not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _running(node)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
