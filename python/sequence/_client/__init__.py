"""The client: what a user says (`ask`), how it travels (`carry`), and the two doors to it."""
