"""The doors: each listens on an endpoint, translates one protocol, and knows no rules."""
