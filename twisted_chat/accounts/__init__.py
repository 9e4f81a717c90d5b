"""Who owns which name, and how they prove it."""
