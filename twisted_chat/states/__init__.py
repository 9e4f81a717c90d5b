"""The states of a session: outside, inside and gone, each with what exists only in it."""

from twisted_chat.states.inside import LEAVING
from twisted_chat.states.outside import Outside
from twisted_chat.states.state import State

__all__ = ["LEAVING", "Outside", "State"]
