"""ngIRCd and InspIRCd as the bench runs them: no throttles, no look-ups, and room for bursts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import Server, accepting, free_port

# No penalties for those who talk fast, and no end to those who are quiet.  The buffer in front of
# a reader has a size that no option changes.
_NGIRCD = """\
[Global]
    Name = bench.example.org
    Info = bench
    Listen = 127.0.0.1
    Ports = {port}
    MotdPhrase = bench
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = 20
    MaxPenaltyTime = 0
    PingTimeout = 3600
    PongTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
"""

# `softlimit` and `limit` are connections, `threshold` and `commandrate` what one may send a
# second; `timeskipwarn` would otherwise warn of a turn that takes long under load.
_INSPIRCD = """\
<server name="bench.example.org" description="bench" network="bench" id="00B">
<admin name="bench" nick="bench" email="bench@example.org">
<bind address="127.0.0.1" port="{port}" type="clients">
<module name="core_channel">
<module name="core_info">
<module name="core_list">
<module name="core_lusers">
<module name="core_message">
<module name="core_mode">
<module name="core_user">
<module name="core_who">
<module name="core_whois">
<connect name="bench" allow="*" maxchans="100" timeout="60" pingfreq="1h"
    hardsendq="64M" softsendq="64M" recvq="1M" threshold="1000000" commandrate="100000000"
    fakelag="no" localmax="1000000" globalmax="1000000" maxconnwarn="no"
    resolvehostnames="no" useident="no" limit="1000000">
<performance netbuffersize="65534" somaxconn="4096" softlimit="1000000" clonesonconnect="no"
    timeskipwarn="0">
<options defaultmodes="not">
<pid file="{folder}/inspircd.pid">
"""


@contextmanager
def ngircd(folder: Path) -> Iterator[Server]:
    """ngIRCd, of a distribution's package."""
    port = free_port()
    configuration = folder / "ngircd.conf"
    configuration.write_text(_NGIRCD.format(port=port))
    command = [found("ngircd"), "--nodaemon", "--config", str(configuration)]
    with accepting(command, folder, port) as server:
        yield server


@contextmanager
def inspircd(folder: Path) -> Iterator[Server]:
    """InspIRCd, of a distribution's package."""
    port = free_port()
    configuration = folder / "inspircd.conf"
    configuration.write_text(_INSPIRCD.format(port=port, folder=folder))
    command = [found("inspircd"), "--nofork", "--nolog", "--config", str(configuration)]
    if os.geteuid() == 0:
        command.append("--runasroot")
    with accepting(command, folder, port) as server:
        yield server


def found(name: str) -> str:
    """The path of a server, which may stand where only root looks; empty where it is nowhere."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
