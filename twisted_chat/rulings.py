"""The durable rules of one place, a room or the server: who is out, who is quiet, what is not said.

They are never changed: a change makes new ones, so that going back is taking the old ones again.
"""

from collections.abc import Iterable
from functools import cached_property

import msgspec

from twisted_chat.limits import (
    BANS_PER_PLACE,
    FILTERS_PER_PLACE,
    MUTES_PER_PLACE,
    STEPS_PER_PLACE,
)
from twisted_chat.masks import Mask, Masks, read_mask
from twisted_chat.moments import until_words
from twisted_chat.patterns import Line, Pattern, read_pattern
from twisted_chat.refused import Refused, TooMany


class Ruling(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """That somebody may not be in a place, or not speak there."""

    mask: str
    """Whom it is about: see `masks.read_mask`."""
    by: str
    """Who made it."""
    since: float
    """When it was made, in seconds since 1970."""
    reason: str = ""
    until: float = 0.0
    """When it ends; 0 is never."""

    @cached_property
    def whom(self) -> Mask | None:
        """Whom it is about; None if that is no longer understood, so that it holds nobody."""
        try:
            return read_mask(self.mask)
        except Refused:
            return None

    def lasts(self, now: float) -> bool:
        """Whether it still holds."""
        return not self.until or self.until > now

    def dated(self, now: float) -> "Ruling":
        """This, as if it were made now, if it was made later."""
        if self.since <= now:
            return self
        until = self.until and now + self.until - self.since
        return msgspec.structs.replace(self, since=now, until=until)

    def tells(self, what: str, now: float) -> str:
        """What it says to whom it is about: ``You are muted in #dev until 12:30: spam``."""
        end = f": {self.reason}" if self.reason else "."
        return f"You are {what} {until_words(self.until, now)}{end}"


class Filter(msgspec.Struct, frozen=True, dict=True):
    """That something may not be said in a place."""

    pattern: str
    """What it looks for: see `patterns.read_pattern`."""
    by: str
    """Who made it."""

    @cached_property
    def what(self) -> Pattern | None:
        """What it looks for; None if that is no longer understood, so that it finds nothing."""
        try:
            return read_pattern(self.pattern)
        except Refused:
            return None

    def catches(self, line: Line) -> bool:
        """Whether somebody says what may not be said."""
        return self.what is not None and self.what.found_in(line)


class Rulings(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """The rules of one place."""

    bans: tuple[Ruling, ...] = ()
    """Who may not enter, the earliest first; some may be over: see `lasting`."""
    mutes: tuple[Ruling, ...] = ()
    """Who may not speak."""
    filters: tuple[Filter, ...] = ()
    lockdown: bool = False
    """Whether no new guests come in, and only accounts speak: of the server alone."""

    def dated(self, now: float) -> "Rulings":
        """These, where none was made later than now: a clock may have been set back since then.

        Those that were last as long from now on as was said of them.
        """
        bans = tuple(ruling.dated(now) for ruling in self.bans)
        mutes = tuple(ruling.dated(now) for ruling in self.mutes)
        return msgspec.structs.replace(self, bans=bans, mutes=mutes)

    def ban_on(
        self, name_key: str, account_key: str | None, address: str | None, now: float
    ) -> Ruling | None:
        """The ban that keeps somebody out, the longest of several: see `Mask.matches`."""
        if not self.bans:
            return None
        return _longest(self._bans.about(name_key, account_key, address), now)

    def mute_on(
        self, name_key: str, account_key: str | None, address: str | None, now: float
    ) -> Ruling | None:
        """The mute that keeps somebody quiet, the longest of several: see `Mask.matches`."""
        if not self.mutes:
            return None
        return _longest(self._mutes.about(name_key, account_key, address), now)

    def filtered(self, text: str) -> Filter | None:
        """The filter that catches what somebody says."""
        if not self.filters:
            return None
        line = Line(text)
        return next((one for one in self.filters if one.catches(line)), None)

    def banning(self, ruling: Ruling, now: float) -> "Rulings":
        """These with one ban more, or another on the same.

        :raises TooMany: there are as many as there may be.
        """
        bans = _added(self.bans, ruling, now)
        if len(bans) > BANS_PER_PLACE:
            raise TooMany(
                f"There are {BANS_PER_PLACE} bans here already. /unban somebody, or ban a network."
            )
        return msgspec.structs.replace(self, bans=bans)

    def unbanning(self, mask: Mask, now: float) -> tuple["Rulings", Ruling | None]:
        """These without the ban on a mask, and that ban; None if there was none."""
        bans, out = _removed(self.bans, mask, now)
        return msgspec.structs.replace(self, bans=bans), out

    def muting(self, ruling: Ruling, now: float) -> "Rulings":
        """These with one mute more, or another on the same.

        :raises TooMany: there are as many as there may be.
        """
        mutes = _added(self.mutes, ruling, now)
        if len(mutes) > MUTES_PER_PLACE:
            raise TooMany(f"There are {MUTES_PER_PLACE} mutes here already. /unmute somebody.")
        return msgspec.structs.replace(self, mutes=mutes)

    def unmuting(self, mask: Mask, now: float) -> tuple["Rulings", Ruling | None]:
        """These without the mute on a mask, and that mute; None if there was none."""
        mutes, out = _removed(self.mutes, mask, now)
        return msgspec.structs.replace(self, mutes=mutes), out

    def filtering(self, new: Filter) -> "Rulings":
        """These with one filter more, or another that looks for the same.

        :raises TooMany: there are as many as there may be, or they are too much work.
        """
        filters = (*_other_filters(self.filters, new.what), new)
        if len(filters) > FILTERS_PER_PLACE:
            raise TooMany(f"There are {FILTERS_PER_PLACE} filters here already. Remove one first.")
        if sum(one.what.steps for one in filters if one.what is not None) > STEPS_PER_PLACE:
            raise TooMany("These filters are too much work. Make one shorter, or remove one.")
        return msgspec.structs.replace(self, filters=filters)

    def unfiltering(self, pattern: Pattern) -> tuple["Rulings", Filter | None]:
        """These without the filter that looks for this, and that filter; None if there was none."""
        out = next((one for one in self.filters if one.what == pattern), None)
        filters = _other_filters(self.filters, pattern)
        return msgspec.structs.replace(self, filters=filters), out

    @cached_property
    def _bans(self) -> Masks[Ruling]:
        return _masked(self.bans)

    @cached_property
    def _mutes(self) -> Masks[Ruling]:
        return _masked(self.mutes)


def lasting(rulings: Iterable[Ruling], now: float) -> tuple[Ruling, ...]:
    """Those of the rulings that still hold."""
    return tuple(ruling for ruling in rulings if ruling.lasts(now))


def _masked(rulings: Iterable[Ruling]) -> Masks[Ruling]:
    return Masks((ruling.whom, ruling) for ruling in rulings if ruling.whom is not None)


def _longest(rulings: Iterable[Ruling], now: float) -> Ruling | None:
    return max(lasting(rulings, now), key=_end, default=None)


def _end(ruling: Ruling) -> float:
    return ruling.until or float("inf")


def _added(rulings: Iterable[Ruling], new: Ruling, now: float) -> tuple[Ruling, ...]:
    return *_others(rulings, new.whom, now), new


def _removed(
    rulings: Iterable[Ruling], mask: Mask, now: float
) -> tuple[tuple[Ruling, ...], Ruling | None]:
    out = next((one for one in lasting(rulings, now) if one.whom == mask), None)
    return _others(rulings, mask, now), out


def _others(rulings: Iterable[Ruling], mask: Mask | None, now: float) -> tuple[Ruling, ...]:
    """Those that still hold and are about others."""
    return tuple(one for one in lasting(rulings, now) if one.whom not in (mask, None))


def _other_filters(filters: Iterable[Filter], pattern: Pattern | None) -> tuple[Filter, ...]:
    return tuple(one for one in filters if one.what not in (pattern, None))
