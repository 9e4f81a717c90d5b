"""``python -m twisted_chat`` is the stdio client."""

from twisted_chat.client.main import main

main()
