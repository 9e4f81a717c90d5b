"""The service that ``twistd chat`` runs: the one place that knows all the other parts."""

import errno
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, NoReturn
from typing import Protocol as Shape

from twisted.application import strports
from twisted.application.internet import StreamServerEndpointService, TimerService
from twisted.application.service import IServiceCollection, MultiService
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError, ReactorNotRunning
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Port
from twisted.logger import FileLogObserver, ILogObserver, globalLogPublisher
from twisted.python.components import Componentized
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat import collector
from twisted_chat.admission import Admission
from twisted_chat.certificates import Certificates
from twisted_chat.descriptors import descriptors_left, room_for_connections
from twisted_chat.doors.line import ChatFactory
from twisted_chat.house import House
from twisted_chat.journal import CannotOpen, Journal
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.limits import HASHES_AT_ONCE, READERS, RETENTION_CHECK_SECONDS
from twisted_chat.logformat import as_line, log_file
from twisted_chat.options import ChatOptions as Options
from twisted_chat.options import default_data
from twisted_chat.ports import Ports
from twisted_chat.reload import Reload
from twisted_chat.serverlog import ServerLog
from twisted_chat.steady import SteadyTime
from twisted_chat.threads import Threads, Work
from twisted_chat.watch import Lookout, Watch
from twisted_chat.ways_in import page_at, way_in

__all__ = ["Options", "makeService"]

WAYS_IN = sys.maxsize
"""Lines in the log about ports: they are the operator's own, and are not bounded."""

CHANGES_SECONDS = 1
"""How often it is asked what the operator has changed while the server runs."""

ALIVE_CHECKS = 8
"""How often connections are looked at in the time after which a silent one counts as dead."""


def makeService(options: Options) -> "ChatService":
    """The chat, on the reactor that is installed."""
    from twisted.internet import reactor

    return ChatService(options, reactor)


class ChatService(MultiService):
    """A house and its doors; stopping it says goodbye to everyone first."""

    house: House
    """There once it is started."""

    def __init__(self, options: Options, reactor: Any) -> None:
        super().__init__()
        self._reactor = reactor
        self._options = options
        self._threads = [
            Threads(reactor, 1, "writing"),
            Threads(reactor, READERS, "reading"),
            Threads(reactor, HASHES_AT_ONCE, "hashing"),
        ]
        self._ports = Ports(reactor, ServerLog(reactor, WAYS_IN), descriptors_left)
        self._certificates = Certificates()
        self._entrance = _Entrance(self._ports)
        self._web_entrance = _Entrance(self._ports)
        for endpoint in options.endpoints:
            self._listen(endpoint, self._entrance, _say_way_in, self)
        for endpoint in options.web:
            self._listen(endpoint, self._web_entrance, _say_page, self)
        self._metrics = MultiService()
        """Outlasts the doors, as it tells that they are closed."""
        self._show = self._site(options.metrics)

    def setServiceParent(self, parent: IServiceCollection) -> None:
        """Be run by somebody; twistd looks in the application for who writes its log."""
        if self._options.log_format == "json" and isinstance(parent, Componentized):
            file = log_file(self._options.parent, self._reactor.callFromThread)
            parent.setComponent(ILogObserver, FileLogObserver(file, as_line))
        super().setServiceParent(parent)

    def privilegedStartService(self) -> None:
        """Listen; where that cannot be, say so in a line and end the process."""
        self._start(self._metrics.privilegedStartService)
        self._start(super().privilegedStartService)

    def startService(self) -> None:
        """Run, until a signal asks for the end; listen, if nobody has asked for that before."""
        self._reload_on_hangup()
        self._start(self._metrics.startService)
        self._start(self._open)
        self._start(super().startService)
        self._reactor.callWhenRunning(self._lookout.start)
        globalLogPublisher.addObserver(self._ports)
        self._reactor.callWhenRunning(self._end_on_signals)
        self._reactor.callWhenRunning(collector.spare)
        self.house.log.running()

    def reload(self) -> None:
        """Take over what the operator has changed in files; nobody is dropped."""
        self._reload()

    async def stopService(self) -> None:
        """Let nobody in any more, say goodbye, and wait a while until everyone has heard it."""
        globalLogPublisher.removeObserver(self._ports)
        self._ports.close()
        await MultiService.stopService(self)
        everyone_gone: Deferred[None] = Deferred()
        self.house.close(lambda: everyone_gone.callback(None))
        everyone_gone.addTimeout(self.house.limits.goodbye_seconds, self._reactor)
        await everyone_gone.addErrback(lambda _: None)
        self._lookout.stop()
        await self._metrics.stopService()
        await self.house.journal.close(told=self.house.delivery.told)
        for threads in self._threads:
            threads.stop()

    def _open(self) -> None:
        """Open what is kept: not before twistd has gone to the background, and given up root."""
        options, reactor = self._options, self._reactor
        limits = options.limits
        writing, reading, hashing = self._threads
        now = SteadyTime(time.time, time.monotonic)
        journal = _journal(options, now, writing, reading)
        self.house = House(
            options.about,
            limits,
            reactor,
            journal,
            now,
            hashing,
            policy=options.policy,
            checkers=options.checkers,
            trusted=options.trusted,
        )
        room = room_for_connections(limits.connections)
        self._admission = Admission(
            limits, reactor, room, trusted=options.trusted, left=descriptors_left
        )
        self._entrance.leads_to = ChatFactory(self.house, self._admission)
        if options.web:
            self._web_entrance.leads_to = self._web_factory()
        self._show(self.house, self._admission)
        self._lookout = Lookout(Watch(reactor, self.house.figures, self.house.log))
        self._reload = Reload(options.files, self._certificates, self.house, self._limits_changed)
        self._alive = self._check_alive()
        self._every(CHANGES_SECONDS, self.house.look_for_changes)
        self._every(RETENTION_CHECK_SECONDS, self.house.forget_old)

    def _web_factory(self) -> "Door":
        """The door for browsers; what nobody wants takes neither memory nor time to start."""
        from twisted_chat.doors.web.channel import WebFactory
        from twisted_chat.doors.web.origins import Origins
        from twisted_chat.doors.web.whence import Proxies

        options = self._options
        return WebFactory(
            self.house,
            self._admission,
            Origins(options.web_origins),
            Proxies(options.web_proxies, options.web_proxies_unix),
        )

    def _listen(
        self,
        endpoint: str,
        factory: IProtocolFactory,
        say_where: Callable[[ServerLog, IAddress, str], None],
        parent: MultiService,
    ) -> None:
        """Have a factory listen at an endpoint, which says so."""
        reactor = self._certificates.reactor_for(endpoint, self._reactor)
        service = _listens(endpoint, factory, reactor, self._ports, say_where)
        service.setServiceParent(parent)

    def _site(self, endpoint: str | None) -> Callable[[House, Admission], None]:
        """Show figures at an endpoint; what is to be told whose."""
        if endpoint is None:
            return lambda house, admission: None
        # What nobody wants to see takes neither memory nor time to start.
        from twisted_chat.metrics.site import Site

        site = Site(self._reactor, self._ports.accepted)
        self._listen(endpoint, site.factory, _say_figures, self._metrics)
        return site.show

    def _limits_changed(self) -> None:
        limits = self.house.limits
        self._admission.limits_changed(room_for_connections(limits.connections))
        self._alive.disownServiceParent()
        self._alive = self._check_alive()

    def _check_alive(self) -> TimerService:
        seconds = max(1, self.house.limits.dead_peer_seconds / ALIVE_CHECKS)
        return self._every(seconds, self._look_at_peers)

    def _look_at_peers(self) -> None:
        for entrance in (self._entrance, self._web_entrance):
            if entrance.leads_to is not None:
                entrance.leads_to.check_alive()

    def _every(self, seconds: float, do: Callable[[], object]) -> TimerService:
        timer = TimerService(seconds, do)
        timer.clock = self._reactor
        timer.setServiceParent(self)
        return timer

    def _start(self, start: Callable[[], object]) -> None:
        try:
            start()
        except CannotOpen as why:
            raise self._excuse(CannotStart(f"twistd chat: {why}")) from None
        except CannotStart as why:
            raise self._excuse(why) from None

    def _excuse(self, why: "CannotStart") -> "CannotStart":
        """Whoever runs us tidies up, and then shows what is raised here."""
        sys.excepthook = _one_line
        return why

    def _end_on_signals(self) -> None:
        """Have a signal end the process in order, and with exit code 0.

        Twisted's own handlers end it in order too, but with the signal for a cause of death, which
        looks like a failure to whoever started it.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) in (
                getattr(self._reactor, "sigInt", None),
                getattr(self._reactor, "sigTerm", None),
            ):
                signal.signal(number, lambda *_: self._reactor.callFromThread(self._end))

    def _reload_on_hangup(self) -> None:
        """Have SIGHUP, where there is one, reload; it may come before there is a house.

        Where nobody else wants it, the one that a terminal sends as it closes still ends us.
        """
        number: Any = getattr(signal, "SIGHUP", None)
        before = None if number is None else signal.getsignal(number)
        if before not in (signal.SIG_DFL, signal.SIG_IGN):
            return
        depends = before == signal.SIG_DFL and _has_terminal()

        def hung_up(*_: object) -> None:
            gone = depends and not _has_terminal()
            self._reactor.callFromThread(self._end if gone else self.reload)

        signal.signal(number, hung_up)

    def _end(self) -> None:
        """Stop the reactor; a second signal finds it stopping, and is content with that."""
        with suppress(ReactorNotRunning):
            self._reactor.stop()


class CannotStart(Exception):
    """The server cannot listen where it should."""


def _one_line(kind: type[BaseException], why: BaseException, trace: TracebackType | None) -> None:
    sys.excepthook = sys.__excepthook__
    print(why, file=sys.__stderr__)


def _has_terminal() -> bool:
    """Whether there is a terminal from which the process runs."""
    try:
        with open("/dev/tty", "rb", buffering=0):
            return True
    except OSError as why:
        # That there is no descriptor left says nothing of the terminal.
        return why.errno not in (errno.ENXIO, errno.ENOENT, errno.ENODEV, errno.EIO)


def _journal(options: Options, now: Callable[[], float], writing: Work, reading: Work) -> Journal:
    """Where the chat is kept.

    :raises CannotOpen: it cannot be.
    """
    if options.data is None:
        return MemoryJournal(now)
    if options.data == default_data():
        # The user's own state directory may be the first of its kind.
        with suppress(OSError):
            options.data.parent.mkdir(0o700, parents=True, exist_ok=True)
    return SqliteJournal(options.data, now, options.durability, writing, reading)


class Door(Shape):
    """What makes the connections of a door."""

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None: ...

    def check_alive(self) -> None: ...


class _Entrance(Factory):
    """Listens before there is a house: until there is, nobody is let in."""

    noisy = False
    leads_to: Door | None = None

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        self._ports.accepted()
        return None if self.leads_to is None else self.leads_to.buildProtocol(addr)

    def logPrefix(self) -> str:
        """What the log says that listens."""
        return "The chat"


def _listens(
    endpoint: str,
    factory: IProtocolFactory,
    reactor: Any,
    ports: Ports,
    say_where: Callable[[ServerLog, IAddress, str], None],
) -> StreamServerEndpointService:
    """The service that listens on an endpoint, and says where that is."""
    log = ServerLog(reactor, WAYS_IN)
    service = strports.service(endpoint, factory, reactor=reactor)
    service.endpoint = _Announced(service.endpoint, endpoint, log, ports, partial(say_where, log))
    return service


def _say_way_in(log: ServerLog, at: IAddress, kind: str) -> None:
    log.way_in(way_in(at, kind))


def _say_page(log: ServerLog, at: IAddress, kind: str) -> None:
    log.way_in(page_at(at, kind))


def _say_figures(log: ServerLog, at: IAddress, kind: str) -> None:
    log.metrics_at(page_at(at, kind, "metrics"))


@implementer(IStreamServerEndpoint)
class _Announced:
    """An endpoint that says where it is when it listens, and why where it cannot.

    :param say_where: is told where it listens, and by what kind of endpoint.
    """

    def __init__(
        self,
        endpoint: IStreamServerEndpoint,
        description: str,
        log: ServerLog,
        ports: Ports,
        say_where: Callable[[IAddress, str], None],
    ) -> None:
        self._endpoint = endpoint
        self._description = description
        self._log = log
        self._ports = ports
        self._say_where = say_where

    def listen(self, factory: IProtocolFactory) -> Deferred[IListeningPort]:
        """Listen, and say so."""
        listening = self._endpoint.listen(factory)
        return listening.addCallbacks(self._announce, self._explain)

    def _announce(self, port: IListeningPort) -> IListeningPort:
        if isinstance(port, Port):
            self._ports.add(port)
        self._say_where(port.getHost(), self._description.partition(":")[0])
        return port

    def _explain(self, failure: Failure) -> NoReturn:
        why = failure.value
        reason = why.socketError if isinstance(why, CannotListenError) else why
        words = getattr(reason, "strerror", None) or reason
        # The reason first: twistd in the background shows a hundred bytes of it.
        said = f"twistd chat: cannot listen: {words}: {self._description}"
        self._log.cannot_start(said)
        raise CannotStart(said) from None
