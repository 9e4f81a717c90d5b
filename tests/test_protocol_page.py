"""docs/protocol.md says what the server does: its transcripts, its tables, its bots."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from conftest import PATIENCE_SECONDS, ChatServer, tool

from twisted_chat.answers import Answer, Prompt, Reply
from twisted_chat.events import Event
from twisted_chat.refused import Refused
from twisted_chat.testing import MemoryServer
from twisted_chat.verbs import TABLE

PAGE = Path(__file__).parent.parent / "docs" / "protocol.md"


def transcripts() -> list[str]:
    """The transcripts on the page, each a block of lines that begin with < or >."""
    return re.findall(r"```transcript \w+\n(.*?)```", PAGE.read_text(), re.DOTALL)


def code(title: str) -> str:
    """The code under a heading of the page."""
    _, _, section = PAGE.read_text().partition(f"\n## {title}\n")
    found = re.search(r"```\w+\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def rows(title: str) -> dict[str, list[str]]:
    """The cells of a table under a heading, by each of what stands in the first of them."""
    _, _, section = PAGE.read_text().partition(f"\n### {title}\n")
    _, _, body = section.partition("|---|---|---|\n")
    lines = body.partition("\n\n")[0].splitlines()
    table = [line.strip("| ").split(" | ") for line in lines]
    return {name: cells for cells in table for name in quoted(cells[0])}


def quoted(cell: str) -> list[str]:
    """The words in a cell that are code."""
    return re.findall(r"`(\w+)`", cell)


def asked(cell: str) -> list[str]:
    """The requests in a cell, without the fields that they have or have not."""
    return quoted(cell.partition(" with")[0])


def kinds(base: Any) -> Iterator[Any]:
    """All kinds of this that programs see: no prompts, and none of the journal's own."""
    for kind in base.__subclasses__():
        if kind not in (Answer, Prompt) and kind.__module__ == base.__module__:
            yield kind
        yield from kinds(kind)


def tagged(classes: Iterable[Any]) -> dict[str, set[str]]:
    """The fields of each, by its type on the wire."""
    return {one.__struct_config__.tag: set(one.__struct_fields__) for one in classes}


def verbs_table() -> str:
    """The verbs, as the page shows them."""
    rows = [
        f"| `{verb.usage}` | {', '.join(f'`/{short}`' for short in verb.short)} | {verb.text} |"
        for verb in TABLE.verbs
    ]
    return "\n".join(["| verb | short | what it does |", "|---|---|---|", *rows]).replace(
        "on|off", "on\\|off"
    )


def errors_table() -> str:
    """The codes of errors, as the page shows them."""
    rows = [f"| `{kind('').code}` | {kind.__doc__} |" for kind in Refused.__subclasses__()]
    return "\n".join(["| `code` | means |", "|---|---|", *rows])


@pytest.mark.parametrize("transcript", transcripts())
def test_transcripts_are_what_happens(transcript: str) -> None:
    """What is typed gets the very lines that the page shows."""
    end = MemoryServer().connect()
    shown, happened = [], []
    for line in transcript.splitlines():
        if line.startswith(">"):
            happened += end.lines()
            end.type(line[2:])
        else:
            shown.append(line[2:])
    assert shown == happened + end.lines()


@pytest.mark.parametrize(("mark", "table"), [("verbs", verbs_table()), ("errors", errors_table())])
def test_tables_are_up_to_date(mark: str, table: str) -> None:
    """The tables are those of the code; with UPDATE_DOCS=1 they are written anew."""
    pattern = re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", re.DOTALL)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(pattern.sub(lambda _: table + "\n", PAGE.read_text()))
    found = pattern.search(PAGE.read_text())
    assert found is not None
    assert table + "\n" == found[0]


def test_events_are_those_of_the_code() -> None:
    """Each with its fields, and whether it is kept."""
    page = rows("Events")
    kept = {one.__struct_config__.tag: "yes" if one.kept else "no" for one in kinds(Event)}
    assert {kind: cells[2] for kind, cells in page.items()} == kept
    fields = {kind: has - {"seq", "time"} for kind, has in tagged(kinds(Event)).items()}
    assert {kind: set(quoted(cells[1])) for kind, cells in page.items()} == fields


def test_answers_are_those_of_the_code() -> None:
    """Each with its fields; what a list of them holds may stand beside those."""
    page = rows("Answers")
    fields = {kind: has - {"id"} for kind, has in tagged(kinds(Answer)).items()}
    assert set(page) == set(fields)
    for kind, cells in page.items():
        assert fields[kind] - set(quoted(cells[1])) == set(), kind


def test_answers_name_requests_that_there_are() -> None:
    """In the column that says what they are answers to."""
    requests = {verb.request.__struct_config__.tag for verb in TABLE.verbs} | {"hello", "typed"}
    answered = {name for cells in rows("Answers").values() for name in asked(cells[2])}
    assert answered - requests == set()


def test_notices_are_those_of_the_code() -> None:
    """What comes to a session alone without being asked for."""
    page = rows("Notices")
    fields = tagged(set(kinds(Reply)) - set(kinds(Answer)))
    assert set(page) == set(fields)
    for kind, cells in page.items():
        assert fields[kind] - set(quoted(cells[1])) == set(), kind


def ask_for_pong(server: ChatServer, bot: str) -> str:
    """Say !ping when the bot is here; what it says to that."""
    nc = pexpect.spawn(
        tool("nc"), ["127.0.0.1", str(server.port)], timeout=PATIENCE_SECONDS, encoding="utf-8"
    )
    nc.expect_exact("Enter your username:")
    nc.sendline("Alex")
    nc.expect_exact(bot)
    nc.sendline("!ping")
    nc.expect(rf"\n({bot}: .*?)\r\n")
    answer = str(nc.match[1])
    nc.close()
    return answer


def test_the_shell_bot_answers(chat_server: ChatServer, tmp_path: Path) -> None:
    """The bot of nc and jq does what the page says."""
    tool("nc"), tool("jq")
    script = tmp_path / "ping-bot.sh"
    script.write_text(code("A bot in shell"))
    bot = subprocess.Popen([tool("bash"), str(script), "127.0.0.1", str(chat_server.port)])
    try:
        assert ask_for_pong(chat_server, "pingbot") == "pingbot: pong, Alex"
        chat_server.stop()
        bot.wait(PATIENCE_SECONDS)
    finally:
        bot.kill()
        bot.wait(PATIENCE_SECONDS)


def test_the_twisted_bot_answers(chat_server: ChatServer, tmp_path: Path) -> None:
    """The bot of twenty lines of Twisted does what the page says."""
    script = tmp_path / "ping_bot.py"
    script.write_text(code("A bot in Twisted"))
    bot = subprocess.Popen([sys.executable, str(script), chat_server.endpoint])
    try:
        assert ask_for_pong(chat_server, "pongbot") == "pongbot: pong, Alex"
    finally:
        bot.terminate()
        bot.wait(PATIENCE_SECONDS)


def test_the_bots_are_as_short_as_the_page_says() -> None:
    """Ten lines of shell, and twenty of Twisted without the imports."""
    lines = [line for line in code("A bot in Twisted").splitlines() if line.strip()]
    own = [line for line in lines if not line.startswith(("import", "from", "#"))]
    assert len(own) <= 20
    assert len(code("A bot in shell").splitlines()) <= 10
