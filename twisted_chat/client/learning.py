"""What Tab learns from what the server says: the names and rooms in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat import answers, events, wording
from twisted_chat.answers import Answer
from twisted_chat.events import Event

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation


def learn_from_answer(talk: Conversation, answer: Answer) -> None:
    """Remember what the answer names, for Tab."""
    match answer:
        case answers.Welcome():
            talk.known.names.add(answer.names)
            talk.known.rooms.add([answer.room, *answer.rooms])
        case answers.Entered():
            talk.known.names.add(answer.names)
            talk.known.rooms.add([answer.room])
        case answers.Names():
            talk.known.names.add(answer.names)
        case answers.People():
            talk.known.names.add(person.name for person in answer.people)
        case answers.Rooms():
            talk.known.rooms.add(line.room for line in answer.rooms)
    if isinstance(answer, wording.PAST):
        for event in answer.events:
            learn_from_event(talk, event)


def learn_from_event(talk: Conversation, event: Event) -> None:
    """Remember, or forget, what the event names, for Tab."""
    match event:
        case events.Left(room=""):
            talk.known.names.drop(event.who)
        case events.Renamed():
            talk.known.names.drop(event.who)
            talk.known.names.add([event.to])
        case events.Invited():
            talk.known.names.add([event.by])
            talk.known.rooms.add([event.room])
        case events.Joined() | events.Said() | events.Told() | events.Emoted():
            talk.known.names.add([event.who])
