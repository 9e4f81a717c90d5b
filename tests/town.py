"""A chat with people of every rank in it, for the tests of who may do what."""

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.chat import Chat
from twisted_chat.guard import Guard
from twisted_chat.limits import Limits
from twisted_chat.moderation import Moderation
from twisted_chat.names import room_name, user_name
from twisted_chat.rooms import User

LOBBY, DEV = room_name("#lobby"), room_name("#dev")
NOW = 1_700_000_000.0
HOUR = 3600


class Town:
    """Ada administers the server; Olga owns #dev, Oscar is an operator there; Max is a member.

    Max has an account, as Ada, Olga and Oscar do; Gus is a guest in #dev, and Kim one outside it.
    """

    def __init__(self) -> None:
        self.now = NOW
        self.book = Book(())
        self.chat = Chat(LOBBY, Limits(), self.book, guard=Guard(lambda: self.now))
        self.moderation = Moderation(self.chat)
        self.ada = self.owner_of_account("Ada", admin=True)
        self.olga, self.oscar, self.max = map(self.owner_of_account, ("Olga", "Oscar", "Max"))
        self.gus, self.kim = self.guest("Gus", "10.1.1.1"), self.guest("Kim", "10.2.2.2")
        for user in (self.olga, self.oscar, self.max, self.gus):
            self.chat.join(user, DEV, 0.0)
        self.moderation.members.set_operator(self.olga, self.oscar, DEV, True)
        self.chat.registry.take_notes()

    def owner_of_account(self, name: str, admin: bool = False) -> User:
        """Somebody with an account, who is in the lobby."""
        account = Account(name.casefold(), name, "", admin)
        self.book.add(account)
        key = user_name(name)
        return self.chat.enter(key, 0.0, identity=account.identity, account=account)[0]

    def guest(self, name: str, address: str | None = None) -> User:
        """Somebody without one."""
        return self.chat.enter(user_name(name), 0.0, identity=f"g:{name}", address=address)[0]

    def take_back(self) -> None:
        """Undo the last request, as where a disk refuses it."""
        for change in reversed(self.chat.registry.take_notes().changes):
            change.undo()
