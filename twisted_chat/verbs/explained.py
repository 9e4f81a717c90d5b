"""What `/help VERB` tells of a verb beside its line in the list: a few lines, with examples.

A line that begins with ``Example:`` is one that can be typed as it stands.
"""

_WHO = (
    "WHO is a name, account:Sam (its owner, under any name), an address, or 10.0.0.0/8, a network."
)
_WHERE = "#ROOM is the one you look at, if left out; * is the whole server (administrators)."
_FOR_HOW_LONG = "Without TIME it is for good. For #ROOM, * is the whole server (administrators)."

EXPLAINED: dict[str, tuple[str, ...]] = {
    "msg": (
        "Nobody else sees it. An account that is not here gets it on coming back.",
        "Example: /msg Sam Are you there?",
    ),
    "join": (
        "A room that is not there yet is made; with an account you own it.",
        "Example: /join #dev",
    ),
    "history": (
        "HOW is how many, or since when, and before which message. @ is what you wrote in private.",
        "Example: /history #lobby 1h",
        "Example: /history @ 50 before 1234",
    ),
    "missed": (
        "It shows one room at a time, the oldest first, and goes on where you ask again. What was",
        "written to you in private is a room of its own, @. Only accounts miss something.",
        "Example: /missed",
    ),
    "search": (
        "TEXT is found as typed, in what you may read. in:@ is private, from: is who said it,",
        "since: is a time ago (1d), a time (12:30) or a day (2026-11-24). The newest is first.",
        "Example: /search release notes in:#lobby from:Sam since:1d",
    ),
    "context": (
        "SEQ is the number before a line of /history or /search. N is how many lines are shown in",
        "all, that one among them and about half before it; 20 without N.",
        "Example: /context 1234 50",
    ),
    "register": (
        "From then on your name asks for the password. CODE is what /invite-code made, if needed.",
        "Example: /register correct-horse-battery",
    ),
    "login": (
        "The name is yours then, and its rooms too. Who is here under it already is you as well.",
        "Example: /login Sam correct-horse-battery",
    ),
    "token": (
        "NAME tells it from your other tokens. A program gives it in its hello, for a password.",
        "/tokens lists them, /revoke NAME ends one.",
        "Example: /token build-bot",
    ),
    "invite-code": (
        "It is for one account. TIME is how long it is good for: a week without one.",
        "Example: /invite-code 2d",
    ),
    "kick": (
        "They may come back at once; /ban keeps them out. The room reads the REASON.",
        "Example: /kick Sam too loud",
    ),
    "ban": (
        _WHO,
        _FOR_HOW_LONG,
        "Example: /ban #dev account:Sam 2d too loud",
    ),
    "mute": (
        _WHO,
        _FOR_HOW_LONG,
        "Example: /mute #dev Sam 10m too loud",
    ),
    "slow": (
        "TIME is how long each waits between two lines; off ends it. Operators never wait.",
        "Example: /slow #dev 10s",
    ),
    "filter": (
        "PATTERN is words, in any case, or a regular expression between slashes. None lists all.",
        _WHERE,
        "Example: /filter #dev /sp[a4]m/",
    ),
    "filter-test": (
        "It looks at what was said lately, and stops nothing. PATTERN is as for /filter.",
        "Example: /filter-test #dev buy now",
    ),
    "private": (
        "Who is in stays in. /invite NAME lets one more in, and no list shows the room to others.",
        "Example: /private #dev on",
    ),
    "retention": (
        "What is older than TIME is removed for good, for everyone; off keeps all that is there.",
        "Example: /retention #dev 30d",
    ),
    "owner": (
        "Only an account owns a room, which then stays when all have left. - makes it nobody's.",
        "Example: /owner #dev Sam",
    ),
}
"""By the name of the verb."""
