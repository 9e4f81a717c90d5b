"""Taking over what the operator has changed in files: all of it or, where one is wrong, nothing."""

import dataclasses
from collections.abc import Callable

from twisted_chat.certificates import Certificates
from twisted_chat.house import House
from twisted_chat.limits import Limits
from twisted_chat.operator_files import BadFile, OperatorFiles


class Reload:
    """Reads the files again, and has what they say hold for everyone.

    :param limits_changed: called when other limits hold, for what is not the house's.
    """

    def __init__(
        self,
        files: OperatorFiles,
        certificates: Certificates,
        house: House,
        limits_changed: Callable[[], None],
    ) -> None:
        self._files = files
        self._certificates = certificates
        self._house = house
        self._limits_changed = limits_changed

    def __call__(self) -> None:
        """Take over what has changed, and log it; or log what is wrong."""
        try:
            motd = self._files.read_motd()
            limits = self._files.read_limits()
            certificates = self._certificates.read()
        except BadFile as why:
            self._house.log.not_reloaded(str(why))
            return
        changed = self._take_motd(motd)
        changed += self._certificates.take(certificates)
        changed += self._take_limits(limits)
        self._house.log.reloaded(", ".join(changed) or "nothing has changed")

    def _take_motd(self, motd: str) -> list[str]:
        about = self._house.about
        if motd == about.motd:
            return []
        self._house.about = dataclasses.replace(about, motd=motd)
        return ["message of the day"]

    def _take_limits(self, limits: Limits) -> list[str]:
        changed = list(self._house.limits.differences(limits))
        if changed:
            self._house.take_limits(limits)
            self._limits_changed()
        return changed
