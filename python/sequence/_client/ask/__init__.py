"""What a user says, checked and made into requests: no I/O here."""
