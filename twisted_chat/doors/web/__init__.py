"""The web door: a page for browsers, and the WebSocket by which it talks.

`channel` listens and keeps the time, `request` is one question over HTTP, `site` knows who answers
it; `socket` is a browser in the chat.
"""
