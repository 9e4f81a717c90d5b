"""Tells `twistd` that there is a chat."""

from twisted.application.service import ServiceMaker

chat = ServiceMaker("twisted_chat", "twisted_chat.tap", "A chat for whoever connects.", "chat")
