"""``twistd`` with Twisted's asyncio reactor on uvloop's loop; arguments are those of twistd."""

import uvloop
from twisted.internet import asyncioreactor
from twisted.scripts.twistd import run

if __name__ == "__main__":
    asyncioreactor.install(uvloop.new_event_loop())
    run()
