"""The stdio client: a menu and a chat on standard input and output, over the JSON line protocol."""
