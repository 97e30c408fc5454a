"""What is said of a file that cannot be used."""


def in_words(error: Exception) -> str:
    """What went wrong; of a file its name and why, without the number of the system."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)
