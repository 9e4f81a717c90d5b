"""What operators of a room, its owner and administrators may do to others, and to the room."""

from twisted_chat.chat import Chat
from twisted_chat.moderation.authority import Authority
from twisted_chat.moderation.domain import Domain
from twisted_chat.moderation.members import Members
from twisted_chat.moderation.order import Order
from twisted_chat.moderation.sanctions import AN_ADDRESS, Sanction, Sanctions
from twisted_chat.moderation.silence import Silence

__all__ = ["AN_ADDRESS", "Domain", "Moderation", "Sanction"]


class Moderation:
    """The rules of who rules, beside those of the chat."""

    def __init__(self, chat: Chat) -> None:
        self.authority = Authority(chat)
        self.members = Members(chat, self.authority)
        self.order = Order(chat, self.authority)
        self.sanctions = Sanctions(chat, self.authority, self.members)
        self.silence = Silence(chat, self.authority)
