"""A chat server on Twisted that people reach with whatever they have."""

from importlib.metadata import version

__version__ = version("twisted-chat")
